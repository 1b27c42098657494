// The tests on a GPU: `npm run test:gpu -- --help`. Needs the built package and Node alone.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from '../run.mjs'
import { COMMON_HELP, chosen, follow, openResults, readOptions } from './suite.mjs'

const HELP = `npm run test:gpu -- [options]${COMMON_HELP}
  --only short    a few, with few repetitions, for a run under compute-sanitizer (see scripts/gpu/README.md)
  --retry         what failed before is done again
  --in-process    no process of their own for the tests: for a debugger
  --models DIR    more models with expected outputs, in the layout of test/models

Exit code 0: all ran, and all passed.`

const options = readOptions(
  {
    retry: { type: 'boolean', default: false },
    'in-process': { type: 'boolean', default: false },
    models: { type: 'string' },
  },
  HELP,
  { name: 'tests', budget: 300 },
)
if (options !== undefined) process.exitCode = await main(options)

async function main({ only, budget, rehearse, retry, list, models, 'in-process': inProcess, ...rest }) {
  // What pack.mjs --models has put here.
  const beside = models ?? join(root, 'models')
  if (models !== undefined || existsSync(beside)) process.env.ONNX_MODELS_DIR = resolve(beside)
  const { tests } = await import('./tests/index.mjs')
  const wanted = tests.filter((test) => chosen(only, test))
  if (wanted.length === 0) throw new Error(`--only ${only}: there is no such test`)
  if (list) {
    for (const { id, tags = [] } of wanted) console.log(`${id}${tags.map((tag) => ` [${tag}]`).join('')}`)
    return 0
  }
  const results = openResults('test', rest)
  if (results === undefined) return 1
  const done = new Map(
    results.entries.filter(({ type }) => type === 'test').map((entry) => [entry.id, entry]),
  )
  const left = wanted.filter(({ id }) => !done.has(id) || (retry && done.get(id).status === 'fail'))
  if (left.length < wanted.length) console.log(`${wanted.length - left.length} are in the file already`)

  const begin = Date.now()
  const setup = { deadline: begin + budget * 1000, short: only?.includes('short') ?? false }
  const record = (entry) => {
    results.record({ ...entry, ...(rehearse && { rehearsal: true }) })
    done.set(entry.id, entry)
    show(entry)
  }
  await (inProcess ? runHere(left, setup, record) : runInWorkers(left, setup, record))

  const entries = wanted.map(({ id }) => done.get(id)).filter((entry) => entry !== undefined)
  const count = (status) => entries.filter((entry) => entry.status === status).length
  const summary = {
    type: 'end',
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skip'),
    absent: count('absent'),
    notRun: wanted.length - entries.length,
    seconds: (Date.now() - begin) / 1000,
    ...(rehearse && { rehearsal: true }),
  }
  results.record(summary)
  return conclude(summary, rehearse)
}

function conclude({ passed, failed, skipped, absent, notRun, seconds }, rehearse) {
  console.log(
    [
      rehearse ? 'REHEARSAL on the fake driver: ' : '',
      `${passed} passed, ${failed} failed, ${notRun} not run for want of time`,
      skipped > 0 ? `, ${skipped} skipped, which only a GPU can do` : '',
      absent > 0 ? `, ${absent} that this machine has too few GPUs for` : '',
      `; ${seconds.toFixed(1)} s`,
    ].join(''),
  )
  return failed === 0 && notRun === 0 && passed > 0 && (rehearse || skipped === 0) ? 0 : 1
}

async function runHere(tests, { deadline, short }, record) {
  const { runTest } = await import('./harness.mjs')
  for (const test of tests) {
    if (Date.now() > deadline) return
    record(await runTest(test, { short }))
  }
}

/** A process for as many tests as go well; after one that fails, crashes or hangs another for the rest. */
async function runInWorkers(tests, setup, record) {
  const { LIMIT } = await import('./harness.mjs')
  let left = tests.map(({ id }) => id)
  while (left.length > 0 && Date.now() < setup.deadline) {
    let running
    const onEntry = (entry) => {
      if (entry.type === 'begin') {
        running = entry.id
        return entry.limit * 1000
      }
      running = undefined
      left = left.filter((id) => id !== entry.id)
      record(entry)
      return LIMIT * 1000
    }
    const before = left.length
    const args = [join(import.meta.dirname, 'worker.mjs'), 'tests', JSON.stringify(setup), ...left]
    const reason = await follow(args, onEntry, LIMIT * 1000)
    if (running !== undefined) {
      left = left.filter((id) => id !== running)
      record({
        type: 'test',
        id: running,
        status: 'fail',
        reason: reason ?? 'the process ended in the middle',
      })
    } else if (left.length === before && Date.now() < setup.deadline) {
      throw new Error(`no test could be begun: ${reason ?? 'the process ended at once'}`)
    }
  }
}

function show({ id, status, ms, reason, parts = {}, notes }) {
  const time = ms === undefined ? '' : `${ms.toFixed(0)} ms`
  console.log(`${status.padEnd(6)} ${time.padStart(9)}  ${id}${notes ? `  ${JSON.stringify(notes)}` : ''}`)
  if (reason) console.log(reason.replace(/^/gm, '         '))
  for (const [name, part] of Object.entries(parts)) {
    if (typeof part === 'string' && part.startsWith('skip')) console.log(`         ${name}: ${part}`)
  }
}
