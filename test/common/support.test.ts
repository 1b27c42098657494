// docs/support.md: each feature by way of calling, on this process's engine and device. UPDATE_SUPPORT=1 writes its column.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type InferenceSession, isOrtError, type RunValue, type SessionOptions } from 'onnxruntime-iobinding'
import { describe, expect, test } from 'vitest'
import { isSimulation } from '../cuda-simulation/omitted.ts'
import { createSession, deviceName } from '../helpers/device.ts'
import { isNative } from '../helpers/engine.ts'
import { type Call, features, sessionFeatures } from '../helpers/support.ts'

const page = join(import.meta.dirname, '..', '..', 'docs', 'support.md')
const column = isNative ? { cpu: 1, cuda: 2, webgpu: 3 }[deviceName ?? 'cpu'] : 4
const ways = ['run', 'bound', 'sync'] as const

const callers: Readonly<Record<(typeof ways)[number], Call>> = {
  run: (session, feeds, options) => session.run<RunValue>(feeds, options),
  bound: async (session, feeds, options) => {
    const io = bind(session, feeds)
    await io.run(options)
    return results(session, io)
  },
  sync: async (session, feeds, options) => {
    const io = bind(session, feeds)
    io.runSync(options)
    return results(session, io)
  },
}
function bind(session: InferenceSession, feeds: Parameters<Call>[1]) {
  const io = session.ioBinding()
  for (const [name, value] of Object.entries(feeds)) if (value !== null) io.bindOrtValueInput(name, value)
  for (const name of session.outputNames) io.bindOutput(name)
  return io
}

function results(session: InferenceSession, io: ReturnType<typeof bind>) {
  return Object.fromEntries(session.outputNames.map((name) => [name, io.outputValue(name)!]))
}

/** Whether it works; false where it is refused. A wrong result is neither. */
async function works(feature: () => Promise<unknown>): Promise<boolean> {
  try {
    await feature()
    return true
  } catch (error) {
    if (isOrtError(error) && REFUSED.has(error.code)) return false
    throw error
  }
}

const REFUSED = new Set([
  'ERR_NOT_SUPPORTED',
  // Where the engine does not report that an input can be omitted, or that there is one.
  'ERR_INVALID_ARG_TYPE',
  'ERR_MISSING_INPUT',
  'ERR_UNKNOWN_INPUT',
  // runSync has no signal.
  'ERR_UNKNOWN_OPTION',
])

const load = async (model: Uint8Array, options?: SessionOptions) =>
  createSession(model, { logSeverityLevel: 4, ...options })

/** The rows of a section's table: cells without blanks. */
function tableRows(section: string): string[][] {
  const text = readFileSync(page, 'utf8').split(`\n## ${section}\n`)[1]!.split('\n## ')[0]!
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

/** Writes this process's column; the formatter aligns the table. */
function update(section: string, cells: ReadonlyMap<string, string>): void {
  const before = new Map(tableRows(section).map((row) => [row[0]!, row]))
  const rows = [...cells].map(([feature, cell]) => {
    const row = before.get(feature) ?? [feature, '', '', '', '']
    return `| ${row.map((old, i) => (i === column ? cell : old)).join(' | ')} |`
  })
  const text = readFileSync(page, 'utf8')
  const start = text.indexOf('\n| -', text.indexOf(`\n## ${section}\n`))
  const end = text.indexOf('\n', start + 1)
  const rest = text.slice(end).replace(/^(\n\|.*)*/, '')
  writeFileSync(page, [text.slice(0, end), ...rows].join('\n') + rest)
}

async function expectTable(section: string, cells: ReadonlyMap<string, string>): Promise<void> {
  if (process.env.UPDATE_SUPPORT === '1') update(section, cells)
  expect(tableRows(section).map((row) => [row[0], row[column]])).toEqual([...cells])
}

// The fake driver has no ONNX Runtime of CUDA's, whose results would be left on the device.
describe.skipIf(deviceName === 'cuda' && !isSimulation)('the page on what each engine supports', () => {
  test('has each feature by way of calling', async () => {
    const cells = new Map<string, string>()
    for (const [name, feature] of Object.entries(features)) {
      const seen: string[] = []
      for (const way of ways) if (await works(() => feature(load, callers[way]))) seen.push(way)
      cells.set(name, seen.length > 0 ? seen.join(', ') : '–')
    }
    await expectTable('By way of calling', cells)
  })

  test('has each feature of a session', async () => {
    const cells = new Map<string, string>()
    for (const [name, feature] of Object.entries(sessionFeatures))
      cells.set(name, (await works(() => feature(load))) ? 'yes' : '–')
    await expectTable('Of a session', cells)
  })
})
