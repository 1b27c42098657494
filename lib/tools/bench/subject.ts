import type * as Ort from 'onnxruntime-node'
import { initialized } from '../../device/initialize'
import { requireOnnxruntimeNode } from '../../engine/onnxruntime-node/engine'
import { isOrtError } from '../../errors'
import { rawView } from '../../model/element-types'
import { InferenceSession } from '../../session/session'
import { UsageError } from '../cli/command'
import type { HostTensor } from '../export-check/elements'
import { readTensor } from '../export-check/samples'
import { type BenchInput, checkNames, checkRange, elementsOf } from './inputs'
import type { BenchPlan, Form } from './plan'

/** What ran. */
export interface About {
  readonly onnxruntime: string
  /** Those that run; absent for onnxruntime-node, which does not tell, unless it is the CPU alone. */
  readonly executionProviders?: readonly string[]
  readonly inputs: readonly BenchInput[]
}

/** A loaded model on inputs that stay, whose run is measured. */
export interface Subject {
  readonly about: About
  /** By form: a run to its end. */
  readonly calls: Readonly<Partial<Record<Form, () => void | Promise<void>>>>
  /** Of the last run, its tensors. */
  outputs(): ReadonlyMap<string, HostTensor>
}

/** @throws UsageError where the engine has no such call */
export function callOf({ calls }: Subject, form: Form): () => void | Promise<void> {
  const call = calls[form]
  if (call !== undefined) return call
  throw new UsageError(`binding.${form}() needs the native addon: measure --async`)
}

/**
 * A binding, which was run once.
 *
 * @throws UsageError, OrtError for what the model or the session does not take
 */
export async function bind(plan: BenchPlan): Promise<Subject & AsyncDisposable> {
  const session = await InferenceSession.create(plan.model, {
    executionProviders: plan.executionProviders,
    logSeverityLevel: 4, // a run that fails is told once
    ...(plan.threads !== undefined && { intraOpNumThreads: plan.threads }),
    ...(plan.graph && { enableGraphCapture: true }),
  })
  try {
    const { inputMetadata, outputMetadata, outputNames } = session
    checkNames(plan, inputMetadata, outputMetadata)
    const given = (names: readonly string[]) =>
      Object.fromEntries([...plan.shapes].filter(([name]) => names.includes(name)))
    const binding = session.createIoBinding(given(session.inputNames), { outputs: given(outputNames) })
    const inputs = inputMetadata.map(({ name }, i): BenchInput => {
      const value = binding.inputValue(name)!
      const range = checkRange(name, value.type, plan.ranges.get(name))
      const input = { name, type: value.type, dims: value.dims, ...(range !== undefined && { range }) }
      value.write(elementsOf(input, plan.seed + i))
      return input
    })
    await firstRun(() => binding.run())
    if (plan.graph) await binding.capture()
    return {
      about: { onnxruntime: initialized().version, executionProviders: session.executionProviders, inputs },
      calls: {
        ...(session.engine === 'native' && { runSync: () => binding.runSync() }),
        run: () => binding.run(),
      },
      outputs: () => {
        const values = outputNames.map((name) => [name, binding.outputValue(name)!] as const)
        return new Map(
          values.flatMap(([name, value]) =>
            value.kind === 'tensor' ? [[name, readTensor(value, name)] as const] : [],
          ),
        )
      },
      [Symbol.asyncDispose]: () => session.release(),
    }
  } catch (error) {
    await session.release()
    if (!isOrtError(error) || error.code !== 'ERR_MISSING_INPUT') throw error
    throw new UsageError(
      `${error.message.split('. ')[0]}, and the model declares no shape of it: give it by --shape NAME=1x128`,
    )
  }
}

/** onnxruntime-node itself, as its users call it: `session.run` on Tensors that stay. */
export async function openOnnxruntimeNode(plan: BenchPlan, inputs: readonly BenchInput[]): Promise<Subject> {
  const require = requireOnnxruntimeNode()
  const ort = require('onnxruntime-node') as typeof Ort
  const executionProviders = plan.executionProviders as Ort.InferenceSession.ExecutionProviderConfig[]
  const session = await ort.InferenceSession.create(plan.model, {
    executionProviders,
    logSeverityLevel: 4,
    ...(plan.threads !== undefined && { intraOpNumThreads: plan.threads }),
  }).catch((error: Error) => {
    const names = executionProviders.join(', ')
    throw new UsageError(`onnxruntime-node opens no session of the model on ${names}: ${error.message}`)
  })
  const feeds = Object.fromEntries(
    inputs.map((input, i) => [
      input.name,
      new ort.Tensor(input.type as 'float32', elementsOf(input, plan.seed + i) as Float32Array, input.dims),
    ]),
  )
  let results: Readonly<Record<string, Ort.OnnxValue>> = {}
  const run = async () => {
    results = await session.run(feeds)
  }
  await firstRun(run)
  const { version } = require('onnxruntime-node/package.json') as { version: string }
  return {
    about: {
      onnxruntime: version,
      ...(executionProviders.every((name) => name === 'cpu') && { executionProviders: ['cpu'] }),
      inputs,
    },
    calls: { run },
    outputs: () =>
      new Map(
        Object.entries(results).map(([name, value]) => {
          const { type, dims, data } = value as Ort.Tensor
          return [
            name,
            { type, dims, data: Array.isArray(data) ? data : rawView(data as Float32Array) },
          ] as const
        }),
      ),
  }
}

async function firstRun(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    const { message } = error as Error
    const code = isOrtError(error) ? `${error.code}: ` : ''
    throw new UsageError(
      `the model does not run on these inputs: ${code}${message}\nIntegers are 0 or 1 unless --range NAME=0..1000 says otherwise; --shape sets the shapes.`,
    )
  }
}
