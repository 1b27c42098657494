import type * as Ort from 'onnxruntime-node'
import { requireOnnxruntimeNode } from '../../engine/onnxruntime-node/engine'
import { InferenceSession, type IoBinding, initialized, isOrtError } from '../../index'
import { UsageError } from '../cli/command'
import { type HostTensor, hostTensor, readTensor } from '../tensors/host-tensor'
import { type BenchInput, checkNames, describeInputs, fill, fillInputs } from './inputs'
import type { BenchPlan, Form } from './plan'
import { openShapesError } from './suggestion'

/** What ran. */
export interface About {
  readonly onnxruntime: string
  /** Absent for onnxruntime-node, which does not report them, unless only the CPU was requested. */
  readonly executionProviders?: readonly string[]
  readonly inputs: readonly BenchInput[]
}

/** Runs once, to the end. */
export type Call = () => void | Promise<void>

/** A loaded model with fixed inputs, whose run is measured. */
export interface Target {
  readonly about: About
  /** One for each caller; `runSync` has one caller. */
  readonly calls: Readonly<Partial<Record<Form, readonly Call[]>>>
  /** The tensors of the last run. */
  outputs(): ReadonlyMap<string, HostTensor>
}

/** @throws UsageError where the engine has no such call */
export function targetCalls({ calls }: Target, form: Form): readonly Call[] {
  const found = calls[form]
  if (found !== undefined) return found
  throw new UsageError(`binding.${form}() needs the native addon: use --async`)
}

/** What both kinds of session take. A failing run is reported once, by its error. */
const sessionOptions = ({ executionProviders, threads, options }: BenchPlan) => ({
  executionProviders,
  logSeverityLevel: 4 as const,
  ...(threads !== undefined && { intraOpNumThreads: threads }),
  ...options,
})

/**
 * A binding for each caller, after its first run.
 *
 * @throws UsageError, OrtError for what the model or the session does not take
 */
export async function openBinding(plan: BenchPlan): Promise<Target & AsyncDisposable> {
  const session = await InferenceSession.create(plan.model, {
    ...sessionOptions(plan),
    ...(plan.graph && { enableGraphCapture: true }),
  })
  try {
    const { inputMetadata, outputMetadata, inputNames, outputNames } = session
    const open = checkNames(plan, inputMetadata, outputMetadata)
    if (open.length > 0) throw await openShapesError(session, plan, open)
    const given = (names: readonly string[]) =>
      Object.fromEntries([...plan.shapes].filter(([name]) => names.includes(name)))
    const bindings = Array.from({ length: plan.callers }, () =>
      session.createIoBinding(given(inputNames), { outputs: given(outputNames) }),
    )
    const [binding] = bindings as [IoBinding, ...IoBinding[]]
    const inputs = describeInputs(binding, inputNames, plan.ranges)
    for (const binding of bindings) {
      fillInputs(binding, inputs, plan.seed)
      await firstRun(() => binding.run())
      if (plan.graph) await binding.capture()
    }
    return {
      about: { onnxruntime: initialized().version, executionProviders: session.executionProviders, inputs },
      calls: {
        ...(session.engine === 'native' && { runSync: [() => binding.runSync()] }),
        run: bindings.map((binding) => () => binding.run()),
      },
      outputs: () => {
        const values = outputNames.map((name) => [name, binding.outputValue(name)!] as const)
        const tensors = values.filter(([, { kind }]) => kind === 'tensor')
        return new Map(tensors.map(([name, value]) => [name, readTensor(value, name)]))
      },
      [Symbol.asyncDispose]: () => session.release(),
    }
  } catch (error) {
    await session.release()
    if (!isOrtError(error) || error.code !== 'ERR_MISSING_INPUT') throw error
    throw new UsageError(
      `${error.message.split('. ')[0]}, and the model declares no shape: give it with --shape NAME=1x128`,
    )
  }
}

/** onnxruntime-node as its users call it: `session.run` with the same Tensors each time. */
export async function openOnnxruntimeNode(plan: BenchPlan, inputs: readonly BenchInput[]): Promise<Target> {
  const { ort, installed } = requireOnnxruntimeNode()
  const options = sessionOptions(plan) as Ort.InferenceSession.SessionOptions
  const names = plan.executionProviders.join(', ')
  const session = await ort.InferenceSession.create(plan.model, options).catch((error: Error) => {
    throw new UsageError(
      `onnxruntime-node cannot create a session of the model on ${names}: ${error.message}`,
    )
  })
  const feeds = Object.fromEntries(
    inputs.map((input, i) => [
      input.name,
      new ort.Tensor(input.type as 'float32', fill(input, plan.seed + i) as Float32Array, input.dims),
    ]),
  )
  let results: Readonly<Record<string, Ort.OnnxValue>> = {}
  const run = async () => {
    results = await session.run(feeds)
  }
  await firstRun(run)
  const isCpu = plan.executionProviders.every((name) => name === 'cpu')
  return {
    about: { onnxruntime: installed.version, ...(isCpu && { executionProviders: ['cpu'] }), inputs },
    calls: { run: Array<Call>(plan.callers).fill(run) },
    outputs: () => {
      const tensors = Object.entries(results) as [string, Ort.Tensor][]
      return new Map(
        tensors.map(([name, { type, dims, data }]) => [name, hostTensor(type, dims, data as Float32Array)]),
      )
    },
  }
}

async function firstRun(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    const { message } = error as Error
    const code = isOrtError(error) ? `${error.code}: ` : ''
    throw new UsageError(
      `the model fails on these inputs: ${code}${message}\nIntegers are 0 or 1 unless --range NAME=0..1000 sets another range; --shape sets the shapes.`,
    )
  }
}
