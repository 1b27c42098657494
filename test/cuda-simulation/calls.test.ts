// What a run costs, as calls of ONNX Runtime's CUDA provider and of this package: the table of docs/cuda.md.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { runFixture } from './child.ts'

const folder = mkdtempSync(join(tmpdir(), 'cuda-calls-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Calls = Record<string, number>

/** Of each awaited run; no run allocates, frees or synchronizes. */
const awaited = { record: 1 }
/** Of a launch on JavaScript's thread, which may have another context and mode. */
const inPlace = { context: 2, captureMode: 2 }
const BINDINGS = 4

const times = (n: number, calls: Calls) =>
  Object.fromEntries(Object.entries(calls).map(([name, count]) => [name, n * count]))

/** Two events order the copies of a run that overlaps others. One that begins before they are submitted needs none. */
function inFlight({ waitEvent = 0, record = 0, ...calls }: Calls) {
  expect(waitEvent % 2).toBe(0)
  expect(waitEvent).toBeLessThanOrEqual(2 * BINDINGS)
  return { ...calls, record: record - waitEvent }
}

function ways(copies: Calls, kernels: Calls) {
  const { upload: _, ...unchanged } = copies
  const { copyWithin = 0, kernel } = kernels
  const within = copyWithin + (copies.copyWithin ?? 0)
  const withKernels = (calls: Calls): Calls => ({
    ...calls,
    kernel,
    ...(within > 0 && { copyWithin: within }),
  })
  const plain = withKernels(copies)
  const both = (name: string, calls: Calls) => ({
    [name]: { ...calls, ...awaited },
    [`${name}, runSync`]: calls,
  })
  return {
    ...both('plain', plain),
    ...both('plain, unchanged', withKernels(unchanged)),
    'in flight': times(BINDINGS, { ...plain, ...awaited }),
    ...both('replayed', { ...copies, graph: 1, ...inPlace }),
    ...both('unchanged', { ...unchanged, graph: 1, ...inPlace }),
    ...both('whole', { graph: 1, ...inPlace }),
  }
}

test('runs make exactly these calls', async () => {
  const { stdout, ...ended } = await runFixture('calls.mjs', {
    CUDASIM_TRACE: join(folder, 'trace'),
    CUDASIM_DEVICES: '2',
  })
  expect(ended).toEqual({ code: 0, signal: null, stderr: '' })
  const found: Record<string, Record<string, Calls>> = JSON.parse(stdout)
  for (const counted of Object.values(found)) {
    if (counted['in flight']) counted['in flight'] = inFlight(counted['in flight'])
  }
  expect(found).toEqual({
    'one node': ways({ upload: 1, download: 1 }, { kernel: 1 }),
    MLP: ways({ upload: 1, download: 1 }, { kernel: 9 }),
    'tiny BERT': ways({ upload: 2, download: 1 }, { kernel: 60 }),
    // The package copies the four caches, which are states in place; ONNX Runtime copies four tensors itself.
    'a decoding step': ways({ upload: 4, download: 1, copyWithin: 4 }, { kernel: 51, copyWithin: 4 }),
    'MLP on two GPUs': { plain: times(2, { upload: 1, download: 1, kernel: 9, ...awaited }) },
  })
})
