// The tests on a GPU: `npm run test:gpu -- --help`. They need the built package and Node.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from '../../scripts/run.mjs'
import { COMMON_HELP, isChosen, openJournal, readSuiteOptions, runWorker } from './suite.mjs'

const HELP = `npm run test:gpu -- [options]${COMMON_HELP}
                  \`short\`: a few, with few repetitions, for compute-sanitizer (see test/gpu/README.md)
  --retry         runs failed tests again
  --quick         few repetitions
  --in-process    runs the tests in this process, for a debugger
  --models DIR    more models with expected outputs, in the layout of test/models

Exit code 0: all ran, and all passed.`

const options = readSuiteOptions(HELP, {}, { name: 'tests', budget: 300 })
process.exitCode = await main(options)

async function main({
  only,
  budget,
  rehearse,
  retry,
  quick,
  list,
  models,
  'in-process': inProcess,
  ...rest
}) {
  // The models of `pack.mjs --models`.
  const beside = models ?? join(root, 'models')
  if (models !== undefined || existsSync(beside)) process.env.ONNX_MODELS_DIR = resolve(beside)
  const { tests } = await import('./suites/index.mjs')
  const wanted = tests.filter((test) => isChosen(only, test))
  if (wanted.length === 0) throw new Error(`--only ${only}: no such test`)
  if (list) {
    for (const { id, tags = [] } of wanted) console.log(`${id}${tags.map((tag) => ` [${tag}]`).join('')}`)
    return 0
  }
  const journal = openJournal('test', rest)
  if (journal === undefined) return 1
  const { simulation } = journal.header
  const mark = { ...(rehearse && { rehearsal: true }), ...(simulation && { simulation }) }
  const earlier = journal.entries.filter(({ type }) => type === 'test')
  const done = new Map(earlier.map((entry) => [entry.id, entry]))
  const left = wanted.filter(({ id }) => !done.has(id) || (retry && done.get(id).status === 'fail'))
  if (left.length < wanted.length) console.log(`${wanted.length - left.length} are in the file already`)

  const begin = Date.now()
  const setup = { deadline: begin + budget * 1000, short: quick || (only?.includes('short') ?? false) }
  const record = (entry) => {
    journal.record({ ...entry, ...mark })
    done.set(entry.id, entry)
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
    known: count('known'),
    notRun: wanted.length - entries.length,
    seconds: (Date.now() - begin) / 1000,
    ...mark,
  }
  journal.record(summary)
  return conclude(summary, { rehearse, simulation })
}

function conclude({ passed, failed, skipped, absent, known, notRun, seconds }, { rehearse, simulation }) {
  console.log(
    [
      rehearse ? 'REHEARSAL on the fake driver: ' : simulation ? 'SIMULATION, no GPU: ' : '',
      `${passed} passed, ${failed} failed, ${notRun} not run (out of time)`,
      skipped > 0 ? `, ${skipped} skipped, which only a GPU can do` : '',
      absent > 0 ? `, ${absent} for which this machine has too few GPUs` : '',
      known > 0 ? `, ${known} with a known fault` : '',
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

/** One process as long as tests pass; after a failure, crash or hang another for the remaining tests. */
async function runInWorkers(tests, setup, record) {
  const { LIMIT, failure } = await import('./harness.mjs')
  let left = tests.map(({ id }) => id)
  while (left.length > 0 && Date.now() < setup.deadline) {
    let running
    const onEntry = (entry) => {
      if (entry.type !== 'test') {
        running = entry.id
        return entry.limit * 1000
      }
      running = undefined
      left = left.filter((id) => id !== entry.id)
      record(entry)
      return LIMIT * 1000
    }
    const before = left.length
    const reason = await runWorker([JSON.stringify(setup), ...left], onEntry, LIMIT * 1000)
    if (running !== undefined) {
      left = left.filter((id) => id !== running)
      const entry = {
        type: 'test',
        id: running,
        // A fault that is known may end the process.
        ...failure(tests.find(({ id }) => id === running)),
        reason: reason ?? 'the process ended during the test',
      }
      record(entry)
      console.log(`${entry.status}: ${running}: ${entry.reason}`)
    } else if (left.length === before && Date.now() < setup.deadline) {
      throw new Error(`no test was started: ${reason ?? 'the process ended at once'}`)
    }
  }
}
