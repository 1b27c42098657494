// The servers, each in a process of its own.
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastLine, TargetProcess } from '../../core/target-process.mjs'

const TARGETS = join(import.meta.dirname, '..', '..', 'targets')
const PYTHON_SERVERS = join(TARGETS, 'python_servers.py')
/** A server of Python imports for half a minute on a busy machine. */
const START_MS = 120_000

/** @typedef {{ pid: number, httpPort: number, grpcPort: number, process?: TargetProcess, stop: () => Promise<void> }} Server */

export const servers = [
  { id: 'ours', label: 'onnxruntime-iobinding-server', kinds: ['binary', 'JSON', 'gRPC'] },
  { id: 'ours-batching', label: '… with dynamic_batching', kinds: ['binary', 'JSON', 'gRPC'] },
  { id: 'fastapi', label: 'FastAPI and ONNX Runtime', kinds: ['binary', 'JSON'], python: true },
  { id: 'kserve', label: "KServe's ModelServer", kinds: ['binary', 'JSON', 'gRPC'], python: true },
]

/** Versions of Python's packages, or why they cannot be measured. @param {string} python */
export function probePython(python) {
  const { status, stdout, stderr, error } = spawnSync(python, [PYTHON_SERVERS, 'probe'], { encoding: 'utf8' })
  if (status !== 0) return { missing: `${python}: ${error?.message ?? lastLine(stderr)}` }
  const lines = stdout.trim().split('\n')
  return { versions: Object.fromEntries(lines.map((line) => line.split(' '))) }
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Triton's layout, with one thread. @param {{ id: string, path: string, tolerance?: string }} model */
function writeRepository(folder, { id, path, tolerance }, isBatching) {
  const parameter = (key, value) => `parameters { key: "${key}" value { string_value: "${value}" } }`
  mkdirSync(join(folder, id, '1'), { recursive: true })
  copyFileSync(path, join(folder, id, '1', 'model.onnx'))
  const lines = [
    parameter('intra_op_thread_count', '1'),
    ...(isBatching ? ['max_batch_size: 32', 'dynamic_batching { }'] : []),
    ...(isBatching && tolerance ? [parameter('verify_tolerance', tolerance)] : []),
  ]
  writeFileSync(join(folder, id, 'config.pbtxt'), lines.join('\n'))
}

/** @param {string} id of a server @returns {Promise<Server>} */
export async function startServer(id, model, { folder, python }) {
  const [httpPort, grpcPort] = [await freePort(), await freePort()]
  const ports = [String(httpPort), String(grpcPort)]
  if (id.startsWith('ours')) {
    const repository = join(folder, `${id}-${model.id}`)
    writeRepository(repository, model, id === 'ours-batching')
    const process_ = new TargetProcess([
      process.execPath,
      join(TARGETS, 'model-server.mjs'),
      repository,
      ...ports,
    ])
    await process_.ask({ op: 'delays' }, START_MS)
    return { pid: process_.pid, httpPort, grpcPort, process: process_, stop: () => process_.stop() }
  }
  const child = spawn(python, [PYTHON_SERVERS, id, model.id, model.path, ...ports], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  for (const until = performance.now() + START_MS; ; await sleep(200)) {
    const isReady = await fetch(`http://127.0.0.1:${httpPort}/v2/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return { pid: child.pid, httpPort, grpcPort, stop }
    if (child.exitCode !== null || performance.now() > until) {
      await stop()
      throw new Error(`${id} does not start`)
    }
  }
}
