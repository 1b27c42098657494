import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { compileFunction, createContext, runInContext } from 'node:vm'
import * as iobinding from 'onnxruntime-iobinding'
import { describe, expect, it } from 'vitest'
import { createSession } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { expectError } from '../helpers/errors.ts'
import { identity, model, node, tensor, value } from '../helpers/model-builder.mjs'

// The package runs in a context as in Jest: JavaScript's classes are the context's own, Node.js's are the process's.
const { process, Buffer, console, AbortSignal, AbortController } = globalThis
const context = createContext({ process, Buffer, console, AbortSignal, AbortController })
const other = (code: string) => runInContext(code, context)
// Node.js 20 adds these to its own realm alone.
for (const name of ['dispose', 'asyncDispose'] as const) {
  const symbols = other('Symbol')
  if (symbols[name] === undefined) Object.defineProperty(symbols, name, { value: Symbol[name] })
}

/** `require` that evaluates JavaScript in the context. */
function requireIn(from: string, cache = new Map<string, { exports: unknown }>()) {
  const require = createRequire(from)
  const load = (name: string): unknown => {
    const path = require.resolve(name)
    if (!path.startsWith('/') && !/^[A-Z]:/.test(path)) return require(name)
    if (/\.(node|json)$/.test(path) || /node_modules.(bindings|file-uri-to-path)/.test(path))
      return require(path)
    const cached = cache.get(path)
    if (cached !== undefined) return cached.exports
    const module = { exports: {} as unknown }
    cache.set(path, module)
    const names = ['module', 'exports', 'require', '__filename', '__dirname']
    const run = compileFunction(readFileSync(path, 'utf8'), names, {
      parsingContext: context,
      filename: path,
    })
    run(module, module.exports, requireIn(path, cache), path, dirname(path))
    return module.exports
  }
  return Object.assign(load, { resolve: require.resolve, main: undefined })
}

const inContext = requireIn(import.meta.filename)('onnxruntime-iobinding') as typeof iobinding
// onnxruntime-node is of this realm, and takes no array of another.
const packages = [
  ['this realm, given values of another', iobinding, other],
  ['another realm, given values of its own', inContext, other],
  // biome-ignore lint/security/noGlobalEval: indirect, it evaluates in this realm
  ['another realm, given values of this one', inContext, eval],
] as const

describe.each(packages.slice(0, isNative ? undefined : 1))(
  'the package in %s',
  (_where, { OrtValue, InferenceSession }, make) => {
    const float32 = (text: string) => make(`new Float32Array(${text})`) as Float32Array
    const create = (source: Uint8Array = identity('float32', [2])) => InferenceSession.create(source)

    it('wraps and writes typed arrays', async () => {
      const array = float32('[1, 2]')
      const wrapped = OrtValue.wrap('float32', array, make('[2]'))
      expect(wrapped.data).toBe(array)
      wrapped.write(float32('[3, 4]'))
      expect([...array]).toEqual([3, 4])
      expect([...wrapped.read()]).toEqual([3, 4])
      expect([...(wrapped.toTensor().data as Float32Array)]).toEqual([3, 4])
      wrapped.dispose()
      const ids = OrtValue.allocate('int64', make('[2]'))
      ids.write(make('new BigInt64Array([5n, -6n])'))
      expect([...ids.data]).toEqual([5n, -6n])
      const texts = OrtValue.allocate('string', make('[2]'))
      texts.write(make("['a', 'b']"))
      expect([...texts.read()]).toEqual(['a', 'b'])
      const halves = OrtValue.allocate('float16', make('[2]'))
      halves.write(make('new Uint16Array([0x3c00, 0x4000])'))
      expect([...new Uint8Array(halves.data.buffer)]).toEqual([0, 0x3c, 0, 0x40])
    })

    it.each(['Float64Array', 'Uint8ClampedArray', 'DataView', 'ArrayBuffer'])(
      'refuses a %s',
      async (name) => {
        const given = make(name === 'DataView' ? 'new DataView(new ArrayBuffer(2))' : `new ${name}(2)`)
        const said: unknown[] = []
        for (const type of ['float32', 'uint8'] as const) {
          try {
            OrtValue.wrap(type, given, [2])
          } catch (error) {
            said.push((error as iobinding.OrtError).code, (error as iobinding.OrtError).given)
          }
        }
        expect(said).toEqual(['ERR_TYPE_MISMATCH', name, 'ERR_TYPE_MISMATCH', name])
      },
    )

    it('creates a session from bytes, with external data and options', async () => {
      const bytes = [...identity('float32', [2])].join()
      for (const form of [`new Uint8Array([${bytes}])`, `new Uint8Array([${bytes}]).buffer`]) {
        await using session = await InferenceSession.create(make(form), make("({ extra: {}, logId: 'x' })"))
        expect([...session.inputNames]).toEqual(['x'])
      }
      const shared = make(`new SharedArrayBuffer(${bytes.split(',').length})`)
      new Uint8Array(shared).set(identity('float32', [2]))
      await using ofShared = await InferenceSession.create(shared)
      expect([...ofShared.inputNames]).toEqual(['x'])
      const given = make(`new Uint8Array([${bytes}])`)
      await using transferred = await InferenceSession.create(given, { transfer: true })
      expect([...transferred.inputNames, given.length]).toEqual(['x', 0])
      await using external = await InferenceSession.create(
        addOfExternal(),
        make("({ externalData: [{ path: 'w.bin', data: new Uint8Array([0, 0, 128, 63, 0, 0, 0, 64]) }] })"),
      )
      const { y } = await external.run({ x: new iobinding.Tensor('float32', Float32Array.of(1, 1), [2]) })
      expect([...(y!.data as Float32Array)]).toEqual([2, 3])
    })

    it('takes feeds and fetches', async () => {
      await using session = await create()
      const x = OrtValue.wrap('float32', float32('[1, 2]'), [2])
      const feeds = make('({})')
      feeds.x = x
      expect([...((await session.run(feeds, make("['y']"))).y!.data as Float32Array)]).toEqual([1, 2])
      const foreign = new iobinding.Tensor('float32', Float32Array.of(3, 4), [2])
      const target = new iobinding.Tensor('float32', new Float32Array(2), [2])
      await session.run({ x: foreign }, { y: target })
      expect([...target.data]).toEqual([3, 4])
    })

    it('binds', async () => {
      await using session = await create()
      const y = float32('2')
      using io = session.createIoBinding(make('({ x: [2] })'), {
        outputs: { y: OrtValue.wrap('float32', y, [2]) },
      })
      io.inputs.x.set(float32('[5, 6]'))
      await io.run()
      expect([...y]).toEqual([5, 6])
      expect(io.outputs.y).toBe(y)
      const [copy] = io.copyOutputsToCpu()
      expect([...(copy!.data as Float32Array)]).toEqual([5, 6])
      io.bindCpuInput('x', new iobinding.Tensor('float32', Float32Array.of(7, 8), [2]))
      await io.run(make('({ upload: [] })'))
      expect([...y]).toEqual([7, 8])
    })
  },
)

/** y = x + w, where w is in another file. */
function addOfExternal(): Uint8Array {
  const w = {
    ...tensor('w', 'float32', [2], [0, 0]),
    rawData: undefined,
    dataLocation: 1,
    externalData: [{ key: 'location', value: 'w.bin' }],
  }
  return model({
    inputs: [value('x', 'float32', [2])],
    outputs: [value('y', 'float32', [2])],
    nodes: [node('Add', ['x', 'w'], ['y'])],
    initializers: [w],
  })
}

if (isNative) {
  it('takes the AbortSignal of another realm', async () => {
    // As jsdom's: a class of its own.
    class Signal extends EventTarget {
      aborted = false
      reason: unknown
      abort(reason: unknown) {
        this.aborted = true
        this.reason = reason
        this.dispatchEvent(new Event('abort'))
      }
      throwIfAborted() {
        if (this.aborted) throw this.reason
      }
    }
    await using session = await createSession(identity('float32', [2]))
    using io = session.createIoBinding({ x: [2] })
    const signal = new Signal()
    await io.run({ signal: signal as never })
    const canceled = [
      io.run({ signal: signal as never }),
      session.run({ x: io.inputValue('x')! }, { signal } as never),
    ]
    signal.abort('late')
    const rejected = { status: 'rejected', reason: 'late' }
    expect(await Promise.allSettled(canceled)).toEqual([rejected, rejected])
    await expectError(() => io.run({ signal: {} as never }), 'ERR_INVALID_ARG_TYPE')
  })
}
