import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InferenceSession, initialized } from '../../index'
import { type Command, UsageError } from '../cli/command'
import { readModel, readProviders } from '../cli/options'
import { checkExport, type Samples } from '../export-check'
import { inspectGraph } from './graph'
import { type Inspection, toText } from './text'

const HELP = `onnxruntime-iobinding inspect MODEL [options]

Shows a model's inputs, outputs, operator sets and metadata (what it says of itself), which execution provider runs which nodes, and warnings of
what a bound run trips over: outputs that cannot be allocated once, nodes on the CPU beside a device, unused inputs, float64, shapes that are
not declared. With --against it runs the model instead, and reports what the export lost: inputs that vanished, axes that turned out fixed,
wrong results, outputs that do not change when an input does.

  --providers LIST  execution providers in the order in which to try them, such as cuda,cpu; default cpu
  --against FILE    samples of what the original model was given and answered: JSON, or a JavaScript module whose
                    default export is the samples, or a function of the session that gives them
  --json            the whole report as JSON, with the name of each node
  --help

Exit code: 0 no problem was found (there may be warnings), 1 there is one, 2 it could not be looked at.

  onnxruntime-iobinding inspect bert.onnx
  onnxruntime-iobinding inspect bert.onnx --providers cuda,cpu
  onnxruntime-iobinding inspect bert.onnx --against bert.sample.json`

/** `inspect MODEL --against samples.json` */
export const inspect: Command = {
  summary: 'what a model takes and gives, what runs where, and what its export lost',
  help: HELP,
  options: {
    providers: { type: 'string', default: 'cpu' },
    against: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
  async run(positionals, values) {
    const model = readModel('inspect', positionals)
    const executionProviders = readProviders(values)
    const { against, json } = values
    const samples = against === undefined ? undefined : await readSamples(against as string)
    const { engine, version } = initialized()
    const native = engine === 'native'
    await using session = await InferenceSession.create(model, {
      executionProviders,
      // Failing runs are part of the report: ONNX Runtime need not print them too.
      logSeverityLevel: 4,
      recordGraphAssignment: native && samples === undefined,
    })
    const inspection: Inspection = {
      model,
      engine,
      onnxruntime: version,
      inputs: session.inputMetadata,
      outputs: session.outputMetadata,
      // onnxruntime-node does not tell.
      ...(native && { metadata: session.modelMetadata }),
      ...(samples === undefined
        ? { graph: inspectGraph(session, model) }
        : { check: await checkExport(session, samples) }),
    }
    console.log(json === true ? JSON.stringify(inspection, null, 2) : toText(inspection))
    return inspection.check?.ok === false ? 1 : 0
  },
}

function readSamples(file: string): Promise<Samples> {
  return extname(file) === '.json' ? readJson(file) : importModule(file)
}

async function readJson(file: string): Promise<Samples> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`--against: ${error.message}`)
  })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${(error as Error).message}`)
  }
}

async function importModule(file: string): Promise<Samples> {
  const { href } = pathToFileURL(resolve(file))
  const module: { default?: Samples } = await import(href).catch((error: NodeJS.ErrnoException) => {
    // What goes wrong within the module is the user's, and wants its stack.
    if (!/^ERR_(MODULE_NOT_FOUND|UNKNOWN_FILE_EXTENSION)$/.test(error.code ?? '')) throw error
    throw new UsageError(`--against: ${error.message}`)
  })
  if (module.default !== undefined) return module.default
  throw new UsageError(`${file} has no default export: expected samples, or a function that gives them`)
}
