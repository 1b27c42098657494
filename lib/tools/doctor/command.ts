import { type Command, UsageError } from '../cli/command'
import { readNumber } from '../cli/options'
import { printReport } from '../cli/output'
import { diagnose } from '.'
import { PROOFS, type Requirement } from './report'
import { toText } from './text'

const HELP = `onnxruntime-iobinding doctor [options]

Checks what works on this machine: the addon, ONNX Runtime, what CUDA and WebGPU need, and a run on each provider, whose
result is compared with the right one. Each problem has a code and the commands that fix it. The doctor installs and
changes nothing.

  --require NAME     what must work: native (the addon), cpu, cuda or webgpu (a run on it). May be given more than once,
                     or with commas. Default: native,cpu
  --python PATH      a Python environment whose NVIDIA wheels contain CUDA's libraries, as preload({ python }) takes it
  --timeout SECONDS  limit of each probe, which runs in a process of its own. Default: 120
  --json             prints a JSON object, the interface Diagnosis
  --help

Exit code: 0 everything required works, 1 something required does not work, 2 invalid usage.

  onnxruntime-iobinding doctor
  onnxruntime-iobinding doctor --require cuda --json`

/** `doctor --require cuda` */
export const doctor: Command = {
  summary: 'checks this machine, and shows how to fix what does not work',
  help: HELP,
  options: {
    require: { type: 'string', multiple: true, default: ['native', 'cpu'] },
    python: { type: 'string' },
    timeout: { type: 'string', default: '120' },
    json: { type: 'boolean', default: false },
  },
  async run(positionals, values) {
    if (positionals.length > 0) throw new UsageError(`doctor takes no arguments, got ${positionals[0]}`)
    // Ends the probes too, which a signal alone would leave running.
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
    const diagnosis = await diagnose({
      required: new Set((values.require as string[]).flatMap((names) => names.split(',').map(toRequirement))),
      timeout: Math.ceil(readNumber(values, 'timeout', 0.001, MAX_SECONDS)! * 1000),
      python: values.python as string | undefined,
    })
    printReport(diagnosis, values.json === true, toText, { keepNewlines: true })
    return diagnosis.ok ? 0 : 1
  },
}

function toRequirement(name: string): Requirement {
  if (Object.hasOwn(PROOFS, name)) return name as Requirement
  throw new UsageError(`--require: expected one of ${Object.keys(PROOFS).join(', ')}, got '${name}'`)
}

/** The longest timer of Node.js. */
const MAX_SECONDS = 2_147_483
