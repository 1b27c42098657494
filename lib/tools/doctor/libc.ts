import type { Failure } from './failure'
import { glibcVersion } from './shared-objects'

/** The C library of this process, such as `glibc 2.36`; undefined on platforms with a single one (macOS, Windows). */
export function libc(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const version = glibcVersion()
  return version === undefined ? 'musl' : `glibc ${version}`
}

type LibcMismatch = Pick<Failure, 'code' | 'expected' | 'given'>

/** Messages of a loader about a library that was built for the other C library, or for a newer version. */
const PATTERNS: readonly (readonly [RegExp, (match: string) => LibcMismatch])[] = [
  [/\blibc\.musl-\w+\.so\.1|\bld-musl-\w+\.so\.1/, () => builtFor('musl')],
  [/Error loading shared library ld-linux/, () => builtFor('glibc')],
  [
    /Error relocating \S+: (?:__\w+_chk|__register_atfork|gnu_get_libc_version): symbol not found/,
    () => builtFor('glibc'),
  ],
  [/\b(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+(?=' not found)/, builtForNewer],
]

/** The failure, as one of the C library where the loader's message shows it. */
export function wrapLibcError<F extends Failure>(failure: F): F {
  for (const [pattern, explain] of PATTERNS) {
    const match = pattern.exec(failure.message)?.[0]
    if (match !== undefined) return { ...failure, ...explain(match) }
  }
  return failure
}

function builtFor(other: 'glibc' | 'musl'): LibcMismatch {
  return { code: 'ERR_LIBC', expected: `a build for ${libc()}`, given: `a build for ${other}` }
}

/** @param symbols a symbol version, such as GLIBC_2.38 */
function builtForNewer(symbols: string): LibcMismatch {
  const code = 'ERR_LIBC_VERSION'
  return symbols.startsWith('GLIBC_')
    ? {
        code,
        expected: `${symbols.replace('GLIBC_', 'glibc ')} or newer`,
        given: libc() ?? 'another C library',
      }
    : { code, expected: `a libstdc++ with ${symbols}`, given: 'an older version' }
}
