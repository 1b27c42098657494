import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** A copy of the package has its addon in build/, whichever build is tested. */
const IN_A_COPY = { ONNXRUNTIME_IOBINDING_BUILD: undefined }

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ChildOptions {
  /** Options of Node.js. */
  readonly node?: readonly string[]
  /** Variables of the environment; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Milliseconds after which it is killed, 0 for none; less than what a test may take, so that none is left behind. */
  readonly timeout?: number
  /** Node.js itself; this one by default. */
  readonly executable?: string
  readonly onStart?: (child: ChildProcess) => void
}

/** Runs a script in a process of its own, to its end. */
export async function runScript(
  path: string,
  args: readonly string[] = [],
  options: ChildOptions = {},
): Promise<Ended> {
  const child = spawn(options.executable ?? process.execPath, [...(options.node ?? []), path, ...args], {
    cwd: options.cwd,
    // FORCE_COLOR is vitest's: beside a NO_COLOR of the machine's, Node.js says on stderr which of them counts.
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      FORCE_COLOR: undefined,
      ...(!path.startsWith(root) && IN_A_COPY),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeout ?? 100_000,
    killSignal: 'SIGKILL',
  })
  options.onStart?.(child)
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  const end = await new Promise<Pick<Ended, 'code' | 'signal'>>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  return { ...end, ...output }
}

/**
 * What is left of stderr without the warnings of ONNX Runtime's CUDA provider, which names nodes on the CPU and copies
 * beside them.
 */
export const withoutWarnings = (stderr: string): string =>
  stripVTControlCharacters(stderr)
    .split('\n')
    .filter((line) => line !== '' && !/^[\d-]+ [\d:.]+ \[W:onnxruntime:/.test(line))
    .join('\n')

/** Runs a script of fixtures/. */
export function runFixture(
  name: string,
  args: readonly string[] = [],
  options?: ChildOptions,
): Promise<Ended> {
  return runScript(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)), args, options)
}

/** What a child that did its work and ended by itself gives. */
export function endedWith(stdout: string): Ended {
  return { code: 0, signal: null, stdout: `${stdout}\n`, stderr: '' }
}
