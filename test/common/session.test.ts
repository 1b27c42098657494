import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-iobinding'
import * as ort from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession, onDevice } from '../helpers/device.ts'
import { engineName, isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { mlp, model, node, oneNode, sequenceInsert, slowLoop, value } from '../helpers/model-builder.mjs'
import { float32, int64 } from '../helpers/values.ts'

let dir: string
let path: string

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessions-'))
  path = join(dir, 'Modell 模型 😀.onnx')
  writeFileSync(path, oneNode())
})
afterAll(() => rmSync(dir, { recursive: true }))

/** One more than x: what oneNode() gives. */
async function expectRuns(session: InferenceSession): Promise<void> {
  expect((await session.run({ x: float32([41]) })).y!.data).toEqual(Float32Array.of(42))
}

const create = (...args: unknown[]) => InferenceSession.create(...(args as [string]))

/** The model's bytes amid others. */
function amid<T extends ArrayBufferLike>(
  buffer: new (length: number) => T,
): { all: Uint8Array<T>; length: number } {
  const bytes = oneNode()
  const all = new Uint8Array(new buffer(bytes.length + 24)).fill(255)
  all.set(bytes, 8)
  return { all, length: bytes.length }
}

describe('InferenceSession.create', () => {
  test('loads a model from a path with any characters', async () => {
    await using session = await create(path)
    expect(session.engine).toBe(engineName)
    expect(session.executionProviders).toEqual(['cpu'])
    await expectRuns(session)
  })

  test.each([['ArrayBuffer', ArrayBuffer] as const, ['SharedArrayBuffer', SharedArrayBuffer] as const])(
    'loads a model from bytes of an %s',
    async (_name, buffer) => {
      const { all, length } = amid<ArrayBufferLike>(buffer)
      const exact = all.slice(8, 8 + length)
      const whole = new Uint8Array(new buffer(length))
      whole.set(exact)
      const calls = [
        [all.subarray(8, 8 + length)],
        [Buffer.from(all.buffer, 8, length), {}],
        [whole.buffer],
        [whole.buffer, undefined],
        [whole.buffer, { logSeverityLevel: 3 }],
        [whole.buffer, 0],
        [all.buffer, 8, length],
        [all.buffer, 8, length, { logSeverityLevel: 3 }],
      ]
      for (const args of calls) {
        await using session = await create(...args)
        await expectRuns(session)
      }
    },
  )

  test('copies the bytes before create() returns', async () => {
    // A Buffer, because its slice() does not copy.
    for (const bytes of [oneNode(), Buffer.from(oneNode())]) {
      const pending = create(bytes)
      bytes.fill(0)
      await using session = await pending
      await expectRuns(session)
    }
    const { buffer, length } = oneNode()
    const pending = create(buffer, 0, length)
    structuredClone(buffer, { transfer: [buffer] })
    await using session = await pending
    await expectRuns(session)
  })

  test('loads many models at a time', async () => {
    const sessions = await Promise.all(Array.from({ length: 8 }, () => createSession(oneNode())))
    await Promise.all(sessions.map(expectRuns))
    await Promise.all(sessions.map((session) => session.release()))
  })

  const buffer = oneNode().buffer
  const refused: [string, unknown[], string, new () => Error, ...string[]][] = [
    ['nothing', [], 'ERR_INVALID_ARG_TYPE', TypeError, 'argument[0]'],
    ['null', [null], 'ERR_INVALID_ARG_TYPE', TypeError, 'argument[0]', 'null'],
    ['a number', [1], 'ERR_INVALID_ARG_TYPE', TypeError, 'argument[0]', '1'],
    ['an array', [[1, 2]], 'ERR_INVALID_ARG_TYPE', TypeError, 'argument[0]'],
    ['other typed arrays', [new Float32Array(4)], 'ERR_INVALID_ARG_TYPE', TypeError, 'argument[0]'],
    ['null options', ['model.onnx', null], 'ERR_INVALID_ARG_TYPE', TypeError, 'options'],
    ['options that are a string', ['model.onnx', 'cpu'], 'ERR_INVALID_ARG_TYPE', TypeError, 'options'],
    ['an offset that is a string', [buffer, '1'], 'ERR_INVALID_ARG_TYPE', TypeError, 'options'],
    ['an offset below 0', [buffer, -1], 'ERR_INVALID_ARG_VALUE', RangeError, 'byteOffset', '-1'],
    ['an offset that is not an integer', [buffer, 1.5], 'ERR_INVALID_ARG_VALUE', RangeError, 'byteOffset'],
    ['an offset behind the end', [buffer, 1e6], 'ERR_INVALID_ARG_VALUE', RangeError, 'byteOffset'],
    ['a length that is a string', [buffer, 0, '1'], 'ERR_INVALID_ARG_TYPE', TypeError, 'byteLength'],
    ['a length of 0', [buffer, 0, 0], 'ERR_INVALID_ARG_VALUE', RangeError, 'byteLength'],
    [
      'a length behind the end',
      [buffer, 8, buffer.byteLength],
      'ERR_INVALID_ARG_VALUE',
      RangeError,
      'byteLength',
    ],
    ['null options after bytes', [buffer, 0, 8, null], 'ERR_INVALID_ARG_TYPE', TypeError, 'options'],
  ]

  test.each(refused)('refuses %s', async (_title, args, code, type, ...says) => {
    await expectError(() => create(...args), code as 'ERR_BUSY', { type, says })
    // onnxruntime-node throws the same class.
    await expect(ort.InferenceSession.create(...(args as [string]))).rejects.toBeInstanceOf(type)
  })
})

describe('a model that cannot be loaded', () => {
  const bytes = mlp()
  const y = value('y', 'float32', [1])
  const bad: [string, () => string | Uint8Array, string][] = [
    ['a missing file', () => join(dir, 'missing.onnx'), 'ERR_ORT_NO_SUCHFILE'],
    ['an empty path', () => '', 'ERR_INVALID_ARG_VALUE'],
    ['a folder', () => dir, 'ERR_INVALID_ARG_VALUE'],
    ['no bytes', () => new Uint8Array(0), 'ERR_ORT_[A-Z_]+'],
    ['garbage', () => new Uint8Array(1000).fill(0xab), 'ERR_ORT_INVALID_PROTOBUF'],
    ['text', () => Buffer.from('<!DOCTYPE html>'), 'ERR_ORT_INVALID_PROTOBUF'],
    ['the first half', () => bytes.subarray(0, bytes.length / 2), 'ERR_ORT_INVALID_PROTOBUF'],
    ['all but the last byte', () => bytes.subarray(0, -1), 'ERR_ORT_INVALID_PROTOBUF'],
    [
      'an unknown operator',
      () => model({ inputs: [], outputs: [y], nodes: [node('Nonsense', [], ['y'])] }),
      'ERR_ORT_[A-Z_]+',
    ],
    [
      'a node without its input',
      () => model({ inputs: [], outputs: [y], nodes: [node('Relu', ['x'], ['y'])] }),
      'ERR_ORT_[A-Z_]+',
    ],
    [
      'an operator set of the future',
      () => model({ inputs: [], outputs: [y], nodes: [node('Relu', ['x'], ['y'])], opset: 9999 }),
      'ERR_ORT_[A-Z_]+',
    ],
  ]

  test.each(bad)('is an error: %s', async (_title, source, code) => {
    const error = await expectError(() => createSession(source()), new RegExp(`^${code}$`))
    expect(error.message).not.toBe('')
    await using session = await createSession(path)
    await expectRuns(session)
  })

  test('is named in the error if the file is missing', async () => {
    await expectError(() => createSession(join(dir, 'missing.onnx')), 'ERR_ORT_NO_SUCHFILE', {
      says: 'missing.onnx',
    })
  })
})

describe('metadata', () => {
  const inputs = [
    value('fixed', 'float32', [2, 3]),
    value('symbolic', 'int64', ['batch', null, 3]),
    value('scalar', 'bool', []),
    value('open', 'float16'),
    value('text', 'string', ['n']),
  ]
  const outputs = inputs.map(({ name, type }) => ({ name: `${name}_out`, type }))
  const described = model({
    inputs,
    outputs,
    nodes: inputs.map(({ name }) => node('Identity', [name], [`${name}_out`])),
    name: 'the graph',
    producerName: 'a test',
    producerVersion: '1.2',
    domain: 'test.domain',
    modelVersion: 7,
    docString: 'what it does',
    metadata: { author: 'ä', empty: '' },
  })

  test('contains names, types and shapes', async () => {
    await using session = await createSession(described)
    const shapes = { fixed: [2, 3], symbolic: ['batch', '', 3], scalar: [], open: [], text: ['n'] }
    const types = { fixed: 'float32', symbolic: 'int64', scalar: 'bool', open: 'float16', text: 'string' }
    const names = ['fixed', 'symbolic', 'scalar', 'open', 'text'] as const
    const expected = names.map((name) => ({ name, isTensor: true, type: types[name], shape: shapes[name] }))
    expect(session.inputNames).toEqual(names)
    expect(session.inputMetadata).toEqual(expected)
    expect(session.outputNames).toEqual(names.map((name) => `${name}_out`))
    expect(session.outputMetadata).toEqual(expected.map((info) => ({ ...info, name: `${info.name}_out` })))
    const peer = await ort.InferenceSession.create(described)
    expect(peer.inputMetadata).toEqual(session.inputMetadata)
    expect(peer.outputMetadata).toEqual(session.outputMetadata)
  })

  test('contains inputs and outputs that are not tensors', async () => {
    await using session = await createSession(sequenceInsert())
    expect(session.outputMetadata).toEqual([{ name: 'sequence', isTensor: false }])
  })

  test('describes the model', async () => {
    await using session = await createSession(described)
    await using plain = await createSession(path)
    if (!isNative) {
      await expectError(() => session.modelMetadata, 'ERR_NOT_SUPPORTED', { says: 'modelMetadata' })
      return
    }
    expect(session.modelMetadata).toEqual({
      producerName: 'a test',
      graphName: 'the graph',
      graphDescription: '',
      domain: 'test.domain',
      description: 'what it does',
      version: 7,
      customMetadata: { author: 'ä', empty: '' },
    })
    expect(plain.modelMetadata).toMatchObject({
      producerName: '',
      domain: '',
      description: '',
      customMetadata: {},
    })
  })
})

describe('release', () => {
  test('is idempotent, and later calls are refused', async () => {
    const session = await createSession(path)
    expect(session.release()).toBe(session.release())
    await session.release()
    const x = float32([1])
    await expectError(() => session.run({ x }), 'ERR_DISPOSED', { says: 'session' })
    await expectError(() => session.createIoBinding({ x: [1] }), 'ERR_DISPOSED')
    await expectError(() => session.ioBinding(), 'ERR_DISPOSED')
    await expectError(() => session.endProfiling(), 'ERR_DISPOSED')
    await expectError(() => session.modelMetadata, 'ERR_DISPOSED')
    expect(session.inputNames).toEqual(['x'])
    await session.release()
  })

  test('is called at the end of a block with await using', async () => {
    let kept: InferenceSession
    {
      await using session = await createSession(path)
      await expectRuns(session)
      kept = session
    }
    await expectError(() => kept.run({ x: float32([1]) }), 'ERR_DISPOSED')
  })

  test('waits for the runs in flight', async () => {
    const session = await createSession(slowLoop())
    const x = float32(new Float32Array(9216).fill(1), [96, 96])
    const ended: string[] = []
    const runs = [1, 2].map(async (number) => {
      const { y } = await session.run({ trips: int64([onDevice ? 15 : 300], []), x })
      expect(y!.dims).toEqual([96, 96])
      ended.push(`run ${number}`)
    })
    const released = session.release().then(() => ended.push('release'))
    await expectError(() => session.run({ trips: int64([1], []), x }), 'ERR_DISPOSED')
    await Promise.all([...runs, released])
    expect(ended).toEqual(['run 1', 'run 2', 'release'])
  })
})
