import { styleText } from 'node:util'
import { type Command, UsageError } from '../cli/command'
import { hasColors } from '../cli/terminal'
import { diagnose } from '.'
import { REQUIREMENTS, type Requirement } from './report'
import { toText } from './text'

const HELP = `onnxruntime-iobinding doctor [options]

Tells what of the package works on this machine: the addon, ONNX Runtime, what CUDA and WebGPU need, and a run on each
provider, held against the right result. What does not work has a code and the commands that mend it. It installs and
changes nothing.

  --require NAME     what has to work: native (the addon), cpu, cuda or webgpu (a run on it). May be given more than
                     once, or with commas. Default: native,cpu
  --python PATH      a Python environment whose NVIDIA wheels hold CUDA's libraries, as preload({ python }) takes it
  --timeout SECONDS  what a probe may take, each a process of its own. Default: 120
  --json             one object: the interface Diagnosis
  --help

Exit code: 0 what was asked for works, 1 something of it does not, 2 it could not be asked.

  onnxruntime-iobinding doctor
  onnxruntime-iobinding doctor --require cuda --json`

/** `doctor --require cuda` */
export const doctor: Command = {
  summary: 'what works on this machine, and how to mend what does not',
  help: HELP,
  options: {
    require: { type: 'string', multiple: true, default: ['native', 'cpu'] },
    python: { type: 'string' },
    timeout: { type: 'string', default: '120' },
    json: { type: 'boolean', default: false },
  },
  async run(positionals, { require, python, timeout, json }) {
    if (positionals.length > 0) throw new UsageError(`doctor takes no arguments, and got ${positionals[0]}`)
    // With it goes the probe that it waits for, which a signal alone would leave.
    process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
    const diagnosis = await diagnose({
      asked: new Set((require as string[]).flatMap((names) => names.split(',').map(toRequirement))),
      timeout: Math.ceil(toSeconds(timeout as string) * 1000),
      ...(python !== undefined && { python: python as string }),
    })
    console.log(json === true ? JSON.stringify(diagnosis, null, 2) : toText(diagnosis, paint()))
    return diagnosis.ok ? 0 : 1
  },
}

function toRequirement(name: string): Requirement {
  const known = REQUIREMENTS.find((requirement) => requirement === name)
  if (known !== undefined) return known
  throw new UsageError(`--require: expected one of ${REQUIREMENTS.join(', ')}, got '${name}'`)
}

function toSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds
  throw new UsageError(`--timeout: expected seconds, more than 0 and at most ${MOST_SECONDS}, got '${text}'`)
}

/** What a timer of Node takes. */
const MOST_SECONDS = 2_147_483

function paint(): typeof styleText {
  return hasColors() ? styleText : (_, text) => text
}
