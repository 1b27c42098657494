import { inspect as inspectValue, parseArgs } from 'node:util'
import { nearest } from '../../check'
import { isOrtError } from '../../index'
import { bench } from '../bench'
import { demo } from '../demo'
import { doctor } from '../doctor/command'
import { inspect } from '../inspect'
import { tune } from '../tune'
import { type Command, toOption, UsageError } from './command'
import { completion } from './completion'
import { printError } from './output'
import { PACKAGE } from './package'

const REPORTING = { bench, demo, doctor, inspect, tune }
const COMMANDS: Readonly<Record<string, Command>> = { ...REPORTING, completion: completion(REPORTING) }

const HELP = `onnxruntime-iobinding COMMAND

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)}  ${summary}`)
  .join('\n')}

onnxruntime-iobinding COMMAND --help shows details, --version the package's version.`

async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--version') {
    console.log(PACKAGE.version)
    return 0
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(HELP)
    return name === undefined ? 2 : 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    const near = nearest(name, Object.keys(COMMANDS))
    throw new UsageError(`unknown command '${name}'${didYouMean(near)}`, HELP)
  }
  const { positionals, values } = parse(command, args)
  if (values.help !== true) return command.run(positionals, values)
  console.log(command.help)
  return 0
}

function parse({ options, help }: Command, args: string[]) {
  const all = { ...options, help: { type: 'boolean', short: 'h' } } as const
  try {
    return parseArgs({ args, allowPositionals: true, options: all })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const usage = help.split('\n', 1)[0]
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new UsageError(message, usage)
    const option = /'(.*?)'/s.exec(message)![1]!
    const near = nearest(option, Object.keys(all).map(toOption))
    throw new UsageError(`unknown option '${option}'${didYouMean(near)}`, usage)
  }
}

const didYouMean = (near: string | undefined) => (near === undefined ? '' : `. Did you mean '${near}'?`)

/** Runs a command line. @returns the exit code, after an error is printed */
export async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args)
  } catch (error) {
    // The user can fix these: the message is enough.
    if (error instanceof UsageError) printError(error.message, error.help)
    else printError(isOrtError(error) ? error.message : inspectValue(error))
    return 2
  }
}
