// inspect does an amount of work that is proportional to the model's size: counted in elements visited, not in seconds.
import { createRequire } from 'node:module'
import { afterEach, expect, test } from 'vitest'
import type * as Text from '../../dist/tools/inspect/text.js'
import type * as Warnings from '../../dist/tools/inspect/warnings.js'
import { alignColumns } from '../../lib/tools/cli/terminal.ts'
import { dataDependentShapes } from '../../lib/tools/inspect/data-shapes.ts'
import type { OnnxGraph, OnnxNode } from '../../lib/tools/inspect/onnx-model.ts'
import { usedNames } from '../../lib/tools/inspect/used-names.ts'

const require = createRequire(import.meta.url)
const { toText } = require('../../dist/tools/inspect/text.js') as typeof Text
const { findWarnings } = require('../../dist/tools/inspect/warnings.js') as typeof Warnings

// Spread, for-of, and the constructors of Map and Set iterate; these methods visit every element too.
const VISITING = ['filter', 'flatMap', 'includes', 'map', 'reduce', 'some', 'find'] as const
const { prototype } = Array
const originals = VISITING.map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)!] as const)
const iterators = [prototype, Map.prototype, Set.prototype].map((owner) => ({
  owner,
  original: Object.getOwnPropertyDescriptor(owner, Symbol.iterator)!,
}))

let visited = 0

/** The number of elements that `work` visits in arrays, Maps and Sets. */
function countVisits(work: () => void): number {
  visited = 0
  for (const { owner, original } of iterators) {
    const counting = function* (this: Iterable<unknown>) {
      const iterator = original.value.call(this)
      for (let next = iterator.next(); !next.done; next = iterator.next()) {
        ++visited
        yield next.value
      }
    }
    Object.defineProperty(owner, Symbol.iterator, { ...original, value: counting })
  }
  for (const [name, original] of originals) {
    const counting = function (this: unknown[], ...args: unknown[]) {
      visited += this.length
      return original.value.apply(this, args)
    }
    Object.defineProperty(prototype, name, { ...original, value: counting })
  }
  try {
    work()
  } finally {
    restore()
  }
  return visited
}

function restore(): void {
  for (const { owner, original } of iterators) Object.defineProperty(owner, Symbol.iterator, original)
  for (const [name, original] of originals) Object.defineProperty(prototype, name, original)
}
afterEach(restore)

/** Each node has an input, an output, a warning and a subgraph of its own, as ONNX Runtime assigns nodes on the CPU. */
function inspectAll(size: number): () => void {
  const indices = Array.from({ length: size }, (_, i) => i)
  const value = (name: string) => ({ name, hasRank: false })
  const branch = (i: number): OnnxGraph => ({
    nodes: [plain(`x${i}`, `b${i}`)],
    inputs: [],
    outputs: [value(`b${i}`)],
  })
  const plain = (input: string, output: string): OnnxNode => ({
    name: '',
    domain: '',
    opType: 'Relu',
    inputs: [input],
    outputs: [output],
    subgraphs: [],
  })
  const graph: OnnxGraph = {
    nodes: indices.map((i) => ({
      ...plain(`x${i}`, `y${i}`),
      opType: 'If',
      subgraphs: [branch(i), branch(i)],
    })),
    inputs: indices.map((i) => value(`x${i}`)),
    outputs: indices.map((i) => value(`y${i}`)),
  }
  const metadata = (side: string) =>
    indices.map((i) => ({
      name: `${side}${i}`,
      isTensor: true as const,
      type: 'float64' as const,
      shape: [`${side}${i}`],
    }))
  const inputs = metadata('x')
  const outputs = metadata('y')
  const assignment = indices.map((i) => ({
    provider: 'CPUExecutionProvider',
    nodes: [{ name: `node${i}`, domain: '', opType: 'If' }],
  }))
  return () => {
    const rankless = new Set(indices.flatMap((i) => [`x${i}`, `y${i}`]))
    const unused = new Set(usedNames(graph))
    const openShapes = dataDependentShapes(
      graph,
      inputs.map(({ name }) => name),
    )
    const analysis = { unused, rankless, openShapes }
    const warnings = findWarnings({ inputs, outputs, device: 'cuda', assignment, graph: analysis })
    expect(warnings.length).toBeGreaterThan(size)
    const report = { executionProviders: ['cpu'], assignment, assignmentIsWhole: true, warnings }
    const inspection = { model: 'm', engine: 'native', onnxruntime: '1', inputs, outputs, graph: report }
    expect(toText(inspection as Text.Inspection)).toContain(`${size} nodes`)
  }
}

test('four times the nodes, inputs, outputs and warnings are four times the work', () => {
  const [small, large] = [inspectAll(200), inspectAll(800)].map(countVisits) as [number, number]
  expect(small).toBeGreaterThan(200)
  expect(large / small).toBeLessThan(4.5)
})

test('the columns of a report take any number of rows', () => {
  const rows = Array.from({ length: 200_000 }, () => ['a', 'b'])
  expect(alignColumns(rows)).toHaveLength(rows.length)
})
