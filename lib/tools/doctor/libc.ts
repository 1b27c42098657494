import type { Failure } from './failure'
import { glibcVersion } from './shared-objects'

/** The C library of this process, such as `glibc 2.36`; undefined where there is but one (macOS, Windows). */
export function libc(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const version = glibcVersion()
  return version === undefined ? 'musl' : `glibc ${version}`
}

type Told = Pick<Failure, 'code' | 'expected' | 'given'>

/** What the loader of one C library says of a library that was built for the other, or for a newer one. */
const PATTERNS: readonly (readonly [RegExp, (words: string) => Told])[] = [
  [/\blibc\.musl-\w+\.so\.1|\bld-musl-\w+\.so\.1/, () => builtFor('musl')],
  [/Error loading shared library ld-linux/, () => builtFor('glibc')],
  [
    /Error relocating \S+: (?:__\w+_chk|__register_atfork|gnu_get_libc_version): symbol not found/,
    () => builtFor('glibc'),
  ],
  [/\b(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+(?=' not found)/, builtForNewer],
]

/** The same failure, told as one of the C library where the loader's words are of it. */
export function wrapLibcError<F extends Failure>(failure: F): F {
  for (const [pattern, tell] of PATTERNS) {
    const words = pattern.exec(failure.message)?.[0]
    if (words !== undefined) return { ...failure, ...tell(words) }
  }
  return failure
}

function builtFor(other: 'glibc' | 'musl'): Told {
  return { code: 'ERR_LIBC', expected: `a build for ${libc()}`, given: `a build for ${other}` }
}

/** @param symbols a version of symbols, such as GLIBC_2.38 */
function builtForNewer(symbols: string): Told {
  const code = 'ERR_LIBC_VERSION'
  return symbols.startsWith('GLIBC_')
    ? {
        code,
        expected: `${symbols.replace('GLIBC_', 'glibc ')} or newer`,
        given: libc() ?? 'another C library',
      }
    : { code, expected: `a libstdc++ with ${symbols}`, given: 'an older version' }
}
