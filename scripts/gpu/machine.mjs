// What the results are of: the first line of a file of results.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { hardware, load } from '../bench/machine.mjs'
import { library, open, rehearsal, root } from './gpu.mjs'
import { small } from './models.mjs'

const NVIDIA_SMI = ['nvidia-smi', '/usr/bin/nvidia-smi', '/usr/local/nvidia/bin/nvidia-smi']

/** Lines of values of `nvidia-smi --query-gpu`; undefined where there is no nvidia-smi, or no GPU. */
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

/** The addon that this process has loaded. */
function addon() {
  const { cache } = createRequire(import.meta.url)
  const file = Object.keys(cache).find((path) => path.endsWith('onnxruntime_iobinding.node'))
  const bytes = readFileSync(file)
  return {
    // Of the fake driver's build: such an addon can never open a real one.
    fake: bytes.includes('fake_cuda_flush'),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
  }
}

/** File names of the CUDA libraries that this process has open, which tell their versions. */
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
 * Runs one node on the GPU and says on what. To be called in a process of its own: the GPU's memory that the process
 * takes is then no part of what is measured later.
 *
 * @throws where there is no GPU: the package's coded error
 */
export async function describeMachine(suite) {
  const session = await open(small('one-node'))
  const binding = session.createIoBinding()
  binding.inputs.x[0] = 41
  binding.runSync()
  const [answer] = binding.outputs.y
  const { fake, ...built } = addon()
  if (answer !== 42) throw new Error(`one node computes ${answer} in place of 42`)
  if (fake && !rehearsal) {
    throw new Error(
      'the addon is built for the fake CUDA driver: that is no GPU, and counts as a rehearsal (--rehearse) alone',
    )
  }
  if (!fake && rehearsal) {
    throw new Error('--rehearse is for the addon that is built for the fake CUDA driver, and this is another')
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const machine = {
    type: 'machine',
    suite,
    date: new Date().toISOString(),
    rehearsal,
    gpus: rehearsal ? [{ name: 'REHEARSAL: no GPU, a fake driver', driver: 'none' }] : gpus(),
    hardware: hardware(),
    load: load(),
    package: version,
    node: process.versions.node,
    onnxruntime: library().version,
    addon: built,
    libraries: cudaLibraries(),
  }
  binding.dispose()
  await session.release()
  return machine
}
