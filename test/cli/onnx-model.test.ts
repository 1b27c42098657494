// The reader of a model's file: what it finds, and that it does not read the weights.
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readOnnxModel } from '../../lib/tools/inspect/onnx-model.ts'
import { usedNames } from '../../lib/tools/inspect/used-names.ts'
import { modelCases } from '../helpers/cases.mjs'
import { graph, model, node, tensor, value } from '../helpers/onnx-graph.mjs'
import { decode } from '../helpers/onnx-proto.mjs'

const folder = mkdtempSync(join(tmpdir(), 'onnx-model-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(bytes: Uint8Array) {
  const path = join(folder, 'model.onnx')
  writeFileSync(path, bytes)
  return readOnnxModel(path)
}

describe.each(modelCases().map(({ id, dir }) => [id, join(dir, 'model.onnx')]))('%s', (_id, path) => {
  test('is read with the same result as by protobufjs', () => {
    const { irVersion, opsetImport, graph: expected } = decode('ModelProto', readFileSync(path))
    const found = readOnnxModel(path)!
    expect(found.irVersion).toBe(Number(irVersion))
    expect(found.opsetImports).toEqual(
      opsetImport.map((opset: { domain?: string; version: bigint }) => ({
        domain: (opset.domain ?? '').replace(/^ai\.onnx$/, ''),
        version: Number(opset.version),
      })),
    )
    expectGraph(found.graph, expected)
  })
})

type Found = NonNullable<ReturnType<typeof readOnnxModel>>['graph']

// biome-ignore lint/suspicious/noExplicitAny: a GraphProto
function expectGraph(found: Found, expected: any): void {
  // biome-ignore lint/suspicious/noExplicitAny: a ValueInfoProto
  const names = (values: any[]) => values.map(({ name }) => name)
  expect(names(found.inputs as never)).toEqual(names(expected.input))
  expect(names(found.outputs as never)).toEqual(names(expected.output))
  expect(found.nodes).toHaveLength(expected.node.length)
  found.nodes.forEach((one, i) => {
    const { name = '', domain = '', opType, input, output, attribute } = expected.node[i]
    expect(one).toMatchObject({
      name,
      domain: domain === 'ai.onnx' ? '' : domain,
      opType,
      inputs: input,
      outputs: output,
    })
    // biome-ignore lint/suspicious/noExplicitAny: an AttributeProto
    const graphs = attribute.flatMap(({ g, graphs: many }: any) => [...(g ? [g] : []), ...many])
    expect(one.subgraphs).toHaveLength(graphs.length)
    for (const [j, subgraph] of one.subgraphs.entries()) expectGraph(subgraph, graphs[j])
  })
}

test('the reader accepts values without a shape', () => {
  const found = read(
    model({
      inputs: [value('a', 'float32'), value('b', 'float32', [])],
      outputs: [value('c', 'float32')],
      nodes: [node('Add', ['a', 'b'], ['c'])],
    }),
  )!
  expect(found.graph.inputs).toEqual([
    { name: 'a', hasRank: false },
    { name: 'b', hasRank: true },
  ])
  expect(found.graph.outputs).toEqual([{ name: 'c', hasRank: false }])
})

test('the reader reads only the necessary parts of a file of gigabytes', () => {
  // A hole takes no space on the disk; to read all of it would take time and memory.
  const hole = 8 * 2 ** 30
  const varint = (number: number): number[] =>
    number < 128 ? [number] : [(number % 128) + 128, ...varint(Math.floor(number / 128))]
  const field = (number: number, length: number) => [...varint(number * 8 + 2), ...varint(length)]
  const text = (number: number, content: string) => [
    ...field(number, content.length),
    ...Buffer.from(content),
  ]
  const nodeBytes = [...text(1, 'x'), ...text(2, 'y'), ...text(4, 'Relu')]
  const before = [...field(1, nodeBytes.length), ...nodeBytes, ...field(5, hole)]
  const output = text(1, 'y')
  const after = [...field(12, output.length), ...output]
  const head = Buffer.from([8, 10, ...field(7, before.length + hole + after.length), ...before])
  const tail = Buffer.from([...after, ...field(8, 2), 16, 21])
  const path = join(folder, 'large.onnx')
  const file = openSync(path, 'w')
  writeSync(file, head, 0, head.length, 0)
  ftruncateSync(file, head.length + hole)
  writeSync(file, tail, 0, tail.length, head.length + hole)
  closeSync(file)
  const memory = process.memoryUsage().rss
  expect(readOnnxModel(path)).toMatchObject({
    irVersion: 10,
    opsetImports: [{ domain: '', version: 21 }],
    graph: { nodes: [{ opType: 'Relu', inputs: ['x'], outputs: ['y'] }], outputs: [{ name: 'y' }] },
  })
  expect(process.memoryUsage().rss - memory).toBeLessThan(64 * 2 ** 20)
})

test('the reader rejects an invalid protobuf, with the position', () => {
  const path = join(folder, 'broken.onnx')
  for (const [bytes, says] of [
    [[7], 'byte 1'], // no wire type
    [[0x3a, 10, 1], 'byte 2'], // longer than the file
    [[8, 128], 'byte 2'], // a number that does not end
    [[13, 1], 'byte 5'], // four bytes that are not there
    [[11, 8, 1], 'byte 3'], // a group that does not end
    [[11, 20], 'byte 2'], // ends another group
    [[12], 'byte 1'], // ends none
  ] as const) {
    writeFileSync(path, Uint8Array.from(bytes))
    expect(() => readOnnxModel(path)).toThrow(
      expect.objectContaining({
        code: 'ERR_ORT_INVALID_PROTOBUF',
        given: `${path}, which is not one at ${says}`,
      }),
    )
  }
})

test('the reader skips groups, as parsers skip what they do not know', () => {
  const group = [0x83, 1, ...[8, 9], ...[0x3b, 0x42, 2, 16, 1, 0x3c], 0x84, 1]
  expect(read(Uint8Array.from([8, 8, ...group, 0x42, 2, 16, 21]))).toMatchObject({
    irVersion: 8,
    opsetImports: [{ domain: '', version: 21 }],
  })
})

test("the reader returns undefined for a model in ONNX Runtime's own format", () => {
  const path = join(folder, 'model.ort')
  writeFileSync(path, 'xxxxORTMyyyy')
  expect(readOnnxModel(path)).toBeUndefined()
})

describe('the names that the outputs depend on', () => {
  const body = (nodes: object[], out: string) =>
    graph({ inputs: [], outputs: [value(out, 'float32', [1])], nodes })
  const input = (name: string) => value(name, 'float32', [1])

  test('include those of nested graphs at any depth, and exclude unused ones', () => {
    const inner = node('If', ['flag'], ['inner'], {
      then_branch: body([node('Relu', ['deep'], ['p'])], 'p'),
      else_branch: body([node('Relu', ['shallow'], ['q'])], 'q'),
    })
    const { graph: found } = read(
      model({
        inputs: [value('flag', 'bool', []), ...['deep', 'shallow', 'dead', 'unread', 'straight'].map(input)],
        outputs: [input('y'), input('straight')],
        nodes: [
          node('Add', ['dead', 'weight'], ['nowhere']),
          node('If', ['flag'], ['y'], {
            then_branch: body([inner], 'inner'),
            else_branch: body([node('Identity', ['shallow'], ['r'])], 'r'),
          }),
        ],
        initializers: [tensor('weight', 'float32', [1], [1])],
      }),
    )!
    const used = usedNames(found)
    const names = found.inputs.map(({ name }) => name)
    expect(names.filter((name) => used.has(name))).toEqual(['flag', 'deep', 'shallow', 'straight'])
  })

  test('exclude those behind omitted inputs and outputs', () => {
    const { graph: found } = read(
      model({
        inputs: ['x', 'other'].map(input),
        outputs: [input('y')],
        nodes: [node('Dropout', ['other'], ['', 'mask']), node('Clip', ['x', '', ''], ['y'])],
      }),
    )!
    expect(usedNames(found).has('other')).toBe(false)
    expect(usedNames(found).has('x')).toBe(true)
  })
})
