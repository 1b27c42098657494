// Describes the machine: the first line of a file of results.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { hardware, load, packageVersion } from '../../benchmarks/core/machine.mjs'
import { initialized } from '../../dist/index.mjs'
import { small } from './expected-models.mjs'
import { open, rehearsal } from './session.mjs'

const NVIDIA_SMI = ['nvidia-smi', '/usr/bin/nvidia-smi', '/usr/local/nvidia/bin/nvidia-smi']

const REHEARSAL = { name: 'REHEARSAL: no GPU, a fake driver', driver: 'none' }
const SIMULATION = {
  name: "SIMULATION: no GPU, ONNX Runtime's CUDA provider on a simulated one",
  driver: 'none',
}

/** Rows of values of `nvidia-smi --query-gpu`; undefined without nvidia-smi or a GPU. */
export function querySmi(...fields) {
  for (const command of NVIDIA_SMI) {
    try {
      const options = { encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'ignore'] }
      const text = execFileSync(command, [`--query-gpu=${fields}`, '--format=csv,noheader,nounits'], options)
      return text
        .trim()
        .split('\n')
        .map((line) => line.split(',').map((value) => value.trim()))
    } catch {}
  }
  return undefined
}

function gpus() {
  return querySmi('name', 'driver_version', 'memory.total', 'compute_cap')?.map(
    ([name, driver, memoryMiB, computeCapability]) => ({
      name,
      driver,
      memoryMiB: Number(memoryMiB),
      computeCapability,
    }),
  )
}

/** How many GPUs there are. The simulation has as many as it is told. */
export function gpuCount() {
  if (rehearsal) return 2
  return Number(process.env.CUDASIM_DEVICES ?? querySmi('index')?.length ?? 1)
}

/** Whether the CUDA driver of this process is the simulation of test/cuda-simulation. */
function isSimulation() {
  if (!existsSync('/proc/self/maps')) return false
  const [driver] = readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\/libcuda\.so\S*/) ?? []
  return driver !== undefined && readFileSync(driver).includes('cudasim_violations')
}

/** The addon that this process has loaded. */
function addon() {
  const { cache } = createRequire(import.meta.url)
  const file = Object.keys(cache).find((path) => path.endsWith('onnxruntime_iobinding.node'))
  const bytes = readFileSync(file)
  return {
    // Of the fake driver's build, which cannot open a real driver.
    fake: bytes.includes('fake_cuda_flush'),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
  }
}

/** File names of the CUDA libraries that this process has loaded: they contain the versions. */
function cudaLibraries() {
  if (!existsSync('/proc/self/maps')) return undefined
  const paths = readFileSync('/proc/self/maps', 'utf8').match(/\/\S+\.so\S*/g) ?? []
  const names = [...new Set(paths)]
    .filter(
      (path) => /(cuda|cudnn|cublas|cufft|curand|nvrtc|onnxruntime)[^/]*$/.test(path) && existsSync(path),
    )
    .map((path) => basename(realpathSync(path)))
  return [...new Set(names)].sort()
}

/**
 * Runs one node on the GPU and describes the machine. Call it in a process of its own, whose GPU memory is then not part of
 * later measurements.
 *
 * @throws the package's coded error without a GPU
 */
export async function describeMachine(suite) {
  const session = await open(small('one-node'))
  const binding = session.createIoBinding()
  binding.inputs.x[0] = 41
  binding.runSync()
  const [answer] = binding.outputs.y
  const { fake, ...built } = addon()
  if (answer !== 42) throw new Error(`one node computes ${answer} instead of 42`)
  if (fake && !rehearsal) {
    throw new Error(
      'the addon is built for the fake CUDA driver, which is not a GPU: it is for a rehearsal (--rehearse) only',
    )
  }
  if (!fake && rehearsal) {
    throw new Error(
      '--rehearse is only for the addon that is built for the fake CUDA driver, and this addon is another',
    )
  }
  const simulation = isSimulation()
  if (simulation && suite !== 'test') {
    const message = `${suite} measures a GPU, and the CUDA driver is a simulation, whose times mean nothing: run it on a GPU`
    throw Object.assign(new Error(message), { code: 'ERR_SIMULATION' })
  }
  const machine = {
    type: 'machine',
    suite,
    date: new Date().toISOString(),
    rehearsal,
    ...(simulation && { simulation }),
    gpus: simulation ? [SIMULATION] : rehearsal ? [REHEARSAL] : gpus(),
    hardware: hardware(),
    load: load(),
    package: packageVersion(),
    node: process.versions.node,
    onnxruntime: initialized().version,
    addon: built,
    libraries: cudaLibraries(),
  }
  binding.dispose()
  await session.release()
  return machine
}
