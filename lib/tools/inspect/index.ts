import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InferenceSession, initialized } from '../../index'
import { type Command, UsageError } from '../cli/command'
import { readModel, readProviders } from '../cli/options'
import { printReport } from '../cli/output'
import { checkExport, type Samples } from '../export-check'
import { inspectGraph } from './graph'
import { type Inspection, toText } from './text'
import { describeTypes } from './types'
import { toTypeScript } from './typescript'

const HELP = `onnxruntime-iobinding inspect MODEL [options]

Shows a model's inputs, outputs, operator sets and metadata, which execution provider runs which nodes, and warnings about
bound runs: outputs that cannot be allocated once, or that do not have their declared shapes (it runs the model once on
zeros), nodes on the CPU beside a device, unused inputs, float64, undeclared shapes. With --against it runs the model on
samples instead, and reports what the export lost: missing inputs, fixed axes, wrong results, outputs that do not change
when an input does.

  --providers LIST  execution providers in order of preference, such as cuda,cpu; default cpu
  --against FILE    samples of the original model's inputs and outputs: JSON, or a JavaScript module whose default export
                    is the samples, or a function that takes the session and returns them
  --json            prints the whole report as JSON, with the name of each node
  --types           writes TypeScript instead: the types of the inputs and outputs, for createIoBinding, and a program
                    that runs this model
  --help

Exit code: 0 no problems found (warnings are not problems), 1 problems found, 2 failed.

  onnxruntime-iobinding inspect bert.onnx
  onnxruntime-iobinding inspect bert.onnx --providers cuda,cpu
  onnxruntime-iobinding inspect bert.onnx --against bert.sample.json
  onnxruntime-iobinding inspect bert.onnx --types > bert.mts`

/** `inspect MODEL --against samples.json` */
export const inspect: Command = {
  summary: "shows a model's inputs, outputs, node assignment and warnings; checks its export",
  help: HELP,
  options: {
    providers: { type: 'string', default: 'cpu' },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
    types: { type: 'boolean', default: false },
  },
  async run(positionals, values) {
    const model = readModel('inspect', positionals)
    const executionProviders = readProviders(values)
    const { against, json, types } = values
    if (types === true && (json === true || against !== undefined))
      throw new UsageError('--types goes with --providers only')
    const samples = against === undefined ? undefined : await readSamples(against as string)
    const { engine, version } = initialized()
    const native = engine === 'native'
    await using session = await InferenceSession.create(model, {
      executionProviders,
      // Failing runs are part of the report: ONNX Runtime does not need to print them too.
      logSeverityLevel: 4,
      recordGraphAssignment: native && samples === undefined && types !== true,
    })
    if (types === true) {
      console.log(toTypeScript(await describeTypes(session, model)))
      return 0
    }
    const inspection: Inspection = {
      model,
      engine,
      onnxruntime: version,
      inputs: session.inputMetadata,
      outputs: session.outputMetadata,
      // onnxruntime-node does not report it.
      ...(native && { metadata: session.modelMetadata }),
      ...(samples === undefined
        ? { graph: await inspectGraph(session, model) }
        : { check: await checkExport(session, samples) }),
    }
    printReport(inspection, json === true, toText)
    return inspection.check?.ok === false ? 1 : 0
  },
}

async function readSamples(file: string): Promise<Samples> {
  const isModule = extname(file) !== '.json'
  // A module is read here for the errors of its file alone: those within it are the user's, and need their stack.
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`--against: ${error.message}`)
  })
  return isModule ? importModule(file) : parseJson(file, text)
}

function parseJson(file: string, text: string): Samples {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file} is not valid JSON: ${(error as Error).message}`)
  }
}

async function importModule(file: string): Promise<Samples> {
  const { href } = pathToFileURL(resolve(file))
  const module: { default?: Samples } = await import(href).catch((error: NodeJS.ErrnoException) => {
    if (!/^ERR_(MODULE_NOT_FOUND|UNKNOWN_FILE_EXTENSION)$/.test(error.code ?? '')) throw error
    throw new UsageError(`--against: ${error.message}`)
  })
  if (module.default !== undefined) return module.default
  throw new UsageError(`${file} has no default export: expected samples, or a function that returns them`)
}
