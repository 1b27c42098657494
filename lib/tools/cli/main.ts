import { inspect as inspectValue, parseArgs } from 'node:util'
import { isOrtError } from '../../index'
import { bench } from '../bench'
import { doctor } from '../doctor/command'
import { inspect } from '../inspect'
import { type Command, UsageError } from './command'
import { printError } from './output'
import { PACKAGE } from './package'

const COMMANDS: Readonly<Record<string, Command>> = { bench, doctor, inspect }

const HELP = `onnxruntime-iobinding COMMAND

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(7)}  ${summary}`)
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
  if (command === undefined) throw new UsageError(`unknown command '${name}'`, HELP)
  const { positionals, values } = parse(command, args)
  if (values.help !== true) return command.run(positionals, values)
  console.log(command.help)
  return 0
}

function parse({ options, help }: Command, args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    })
  } catch (error) {
    throw new UsageError((error as Error).message, help)
  }
}

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
