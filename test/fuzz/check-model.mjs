// What holds for each file that claims to be a model: every error has a code, and commands print no control characters.
import { readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { InferenceSession, ORT_ERROR_CODES, OrtError, OrtValue } from 'onnxruntime-iobinding'
import { checkExport } from 'onnxruntime-iobinding/export-check'
import { UsageError } from '../../dist/tools/cli/command.js'
import { printError, printReport } from '../../dist/tools/cli/output.js'
import { inspect } from '../../dist/tools/inspect/index.js'
import { UNPRINTABLE } from './unprintable.mjs'
import { smallShapes } from './values.mjs'

const MOST_MILLISECONDS = 2000
/** No message of this package is longer, since none lists a model. */
const LONGEST_MESSAGE = 16_384
const QUIET = { logSeverityLevel: 4 }

/** @typedef {{ stage: string, problem: string }} Problem */

/**
 * @param {string} path
 * @returns {Promise<{ problems: Problem[], loaded: boolean, ran: boolean }>}
 */
export async function checkModel(path) {
  /** @type {Problem[]} */
  const problems = []
  const attempt = async (stage, work) => {
    try {
      return await work()
    } catch (error) {
      const problem = describeProblem(error)
      if (problem !== undefined) problems.push({ stage, problem })
      return undefined
    }
  }
  // A part of the models is loaded from bytes.
  const bytes = readFileSync(path)
  const source = bytes.length % 4 === 0 ? bytes : path
  const session = await attempt('create', () => InferenceSession.create(source, QUIET))
  let ran = false
  if (session !== undefined) {
    const feeds = await attempt('feeds', () => zeros(session))
    if (feeds !== undefined) {
      const began = performance.now()
      ran = (await attempt('run', () => run(session, feeds))) === true
      const isShort = performance.now() - began < MOST_MILLISECONDS / 4
      if (ran && isShort) {
        await attempt('binding', () => runBound(session, feeds))
        await attempt('export check', () => check(session, feeds))
      }
      for (const value of Object.values(feeds)) value.dispose()
    }
    await attempt('release', () => session.release())
  }
  for (const json of [false, true]) await attempt('inspect', () => inspected(path, json))
  await turn() // finalizers
  return { problems, loaded: session !== undefined, ran }
}

/** Undefined for an error that callers can tell apart. */
function describeProblem(error) {
  if (error?.name === 'TimeoutError' || error instanceof UsageError) return undefined
  if (!(error instanceof OrtError)) return `an error without a code: ${error?.stack ?? error}`
  if (error.code === 'ERR_INTERNAL') return error.stack
  if (!ORT_ERROR_CODES.includes(error.code)) return `unknown code ${error.code}: ${error.message}`
  if (error.code.startsWith('ERR_ORT_') || error.message.length <= LONGEST_MESSAGE) return undefined
  return `a message of ${error.message.length} characters: ${error.message.slice(0, 200)}`
}

/** A value for each input that is a tensor; undefined if one is large, or of a type that has no name. */
function zeros({ inputMetadata }) {
  const types = new Map(inputMetadata.map(({ name, type }) => [name, type]))
  const shapes = [...types.values()].includes('undefined') ? undefined : smallShapes(inputMetadata)
  return (
    shapes &&
    Object.fromEntries(shapes.map(([name, dims]) => [name, OrtValue.allocate(types.get(name), dims)]))
  )
}

async function run(session, feeds) {
  JSON.stringify([session.inputMetadata, session.outputMetadata, session.modelMetadata])
  const results = await session.run(feeds, { signal: AbortSignal.timeout(MOST_MILLISECONDS) })
  for (const value of Object.values(results)) look(value)
  return true
}

/** Reads every element. */
function look(value) {
  if (value instanceof OrtValue && value.kind !== 'tensor') return void value.kind
  const data = value instanceof OrtValue ? value.read() : value.data
  for (let i = 0; i < data.length; i++) void data[i]
  value.dispose()
}

async function runBound(session, feeds) {
  const io = session.createIoBinding(feeds)
  try {
    await io.run({ signal: AbortSignal.timeout(MOST_MILLISECONDS) })
    io.runSync()
    for (const value of Object.values(io.getOutputs())) if (value?.kind === 'tensor') value.read()
  } finally {
    io.dispose()
  }
}

async function check(session, feeds) {
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, { type, dims }]) => [name, OrtValue.allocate(type, dims)]),
  )
  try {
    const report = await checkExport(session, [{ inputs }])
    printed(() => printReport(report, true, JSON.stringify))
  } finally {
    for (const value of Object.values(inputs)) value.dispose()
  }
}

/** As the command line does it. */
async function inspected(path, json) {
  const lines = []
  const { log, error: warn } = console
  const collect = (text) => void lines.push(text)
  Object.assign(console, { log: collect, error: collect })
  try {
    await inspect.run([path], { providers: 'cpu', json })
    if (json) JSON.parse(lines.join('\n'))
  } catch (error) {
    printError(error.message)
    throw error
  } finally {
    Object.assign(console, { log, error: warn })
    assertPrintable(lines.join('\n'))
  }
}

function printed(print) {
  const { log } = console
  console.log = assertPrintable
  try {
    print()
  } finally {
    console.log = log
  }
}

function assertPrintable(text) {
  const found = UNPRINTABLE.exec(text)
  if (found !== null) {
    throw new Error(
      `prints ${JSON.stringify(found[0])}: ${JSON.stringify(text.slice(found.index - 50, found.index + 50))}`,
    )
  }
}
