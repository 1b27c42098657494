// What a program sees of each row of the tables in docs/from-onnxruntime-node.md, by the row's first cell.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { castTo, construct } from '../../helpers/kind-models.mjs'
import { identity, twoInputs } from '../../helpers/model-builder.mjs'

const require = createRequire(import.meta.url)
const float32 = (ort, values) => new ort.Tensor('float32', values, [values.length])
const feeds = (ort) => ({ a: float32(ort, [1, 2]), b: float32(ort, [3, 4]) })
const load = (ort, options) => ort.InferenceSession.create(twoInputs(), { logSeverityLevel: 4, ...options })
const shown = ({ type, dims, data }) => [type, [...dims], [...data]]

/** A folder for the call, which has `file` in it. */
async function inFolder(call) {
  const folder = mkdtempSync(join(tmpdir(), 'parity-'))
  try {
    return await call(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function run(ort, feeds, ...rest) {
  const session = await load(ort)
  const results = await session.run(feeds, ...rest)
  return Object.entries(results).map(([name, tensor]) => [name, tensor instanceof ort.Tensor, shown(tensor)])
}

/** What the console prints of a call, without times. */
async function printed(call) {
  const { time, timeEnd } = console
  const lines = []
  console.time = (label) => lines.push(`begin ${label}`)
  console.timeEnd = (label) => lines.push(`end ${label}`)
  try {
    await call()
    return lines
  } finally {
    Object.assign(console, { time, timeEnd })
  }
}

/** @type {Record<string, (ort: any) => unknown>} what is the same */
export const same = {
  '`InferenceSession.create(path, options?)`, or from bytes': (ort) =>
    inFolder(async (folder) => {
      const path = join(folder, 'model.onnx')
      const model = twoInputs()
      writeFileSync(path, model)
      const buffer = new ArrayBuffer(model.length + 8)
      new Uint8Array(buffer, 8).set(model)
      const { create } = ort.InferenceSession
      const call = create.bind(ort.InferenceSession)
      const sessions = [await call(path), await call(model), await call(buffer, 8, model.length)]
      return sessions.map(({ inputNames }) => [...inputNames])
    }),
  '`session.run(feeds, fetches?, options?)`': async (ort) => [
    await run(ort, feeds(ort)),
    await run(ort, feeds(ort), ['prod']),
    await run(ort, feeds(ort), { sum: null }, { tag: 'tag' }),
    await run(ort, feeds(ort), { logSeverityLevel: 3 }),
  ],
  '`session.inputNames`, `outputNames`': async (ort) => {
    const { inputNames, outputNames } = await load(ort)
    return [[...inputNames], [...outputNames]]
  },
  '`session.inputMetadata`, `outputMetadata`': async (ort) => {
    const session = await ort.InferenceSession.create(identity('int64', ['n', 3]))
    return [[...session.inputMetadata], [...session.outputMetadata]]
  },
  '`session.release()`': async (ort) => (await load(ort)).release(),
  '`enableProfiling`, `session.endProfiling()`': (ort) =>
    inFolder(async (folder) => {
      const session = await load(ort, { enableProfiling: true, profileFilePrefix: join(folder, 'profile') })
      session.endProfiling()
      return readdirSync(folder).length
    }),
  '`session.startProfiling()`': async (ort) => (await load(ort)).startProfiling(),
  'feeds that are not inputs of the model': (ort) => run(ort, { ...feeds(ort), c: 'no tensor' }),
  '`Tensor`, `env`': (ort) => {
    const common = require('onnxruntime-common')
    return [ort.Tensor === common.Tensor, ort.env === common.env]
  },
  '`listSupportedBackends()`': (ort) => ort.listSupportedBackends(),
  '`env.versions`': (ort) => ({ ...ort.env.versions }),
  '`env.trace`': async (ort) => {
    ort.env.trace = true
    const lines = await printed(() => run(ort, feeds(ort)))
    ort.env.trace = undefined
    return lines
  },
  '`TRACE` and its functions, `registerBackend()`': (ort) => {
    const common = require('onnxruntime-common')
    const names = Object.keys(common).filter((name) => /^TRACE|^registerBackend$/.test(name))
    return names.map((name) => [name, ort[name] === common[name]])
  },
  "an error's `name`": async (ort) => {
    const session = await load(ort)
    const refused = [
      () => session.run(null),
      () => session.run({}),
      () => session.run(feeds(ort), ['z']),
      () => load(ort, { intraOpNumThreads: -1 }),
      () => load(ort, { executionMode: 0 }),
    ]
    return Promise.all(refused.map((call) => call().catch(({ name }) => name)))
  },
}

/** @type {Record<string, (ort: any) => unknown>} what differs: the same words as in the table, or an error */
export const different = {
  'an unknown option': async (ort) => {
    await load(ort, { intraOpNumTreads: 1 })
    return 'ignored'
  },
  'an input of a type that the model refuses': (ort) =>
    run(ort, { ...feeds(ort), a: new ort.Tensor('int32', [1, 2], [2]) }),
  'an input of a shape that the model refuses': async (ort) => {
    const session = await ort.InferenceSession.create(identity('float32', [3]), { logSeverityLevel: 4 })
    await session.run({ x: float32(ort, [1, 2]) })
  },
  'a preallocated output of another shape': (ort) => run(ort, feeds(ort), { sum: float32(ort, [0, 0, 0]) }),
  'a run after `release()`': async (ort) => {
    const session = await load(ort)
    await session.release()
    await session.run(feeds(ort))
  },
  'a file that does not exist': (ort) => ort.InferenceSession.create('/no/such/model.onnx'),
  'a result that is a sequence': (ort) => kindOfResult(ort, construct('float32')),
  'a result of bfloat16 and other types it lacks': (ort) => kindOfResult(ort, castTo('bfloat16', 16)),
}

async function kindOfResult(ort, model) {
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 })
  const value = ({ shape: [length] }) => float32(ort, Array(typeof length === 'number' ? length : 1).fill(1))
  const feeds = Object.fromEntries(session.inputMetadata.map((input) => [input.name, value(input)]))
  const [result] = Object.values(await session.run(feeds))
  return `an ${result.constructor.name}`
}
