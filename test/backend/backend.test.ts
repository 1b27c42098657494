import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import expectedFailures from './expected-failures.json'
import { type Outcome, passing, runSuite, suiteDir } from './suite'

const reasons: Readonly<Record<string, string>> = expectedFailures
/** Cases that pass or fail by chance, or by what the machine is and has. */
const mayPass = (name: string) => /^(locale|random|rounding)/.test(reasons[name] ?? '')
const installed = existsSync(suiteDir)
const note = installed ? '' : ' (skipped: package libonnx-testdata not installed)'

function unexpected(outcome: Outcome) {
  const failing = [...outcome].filter(([name, reason]) => reason !== null && !(name in reasons))
  const listed = Object.keys(reasons).filter((name) => outcome.get(name) === null && !mayPass(name))
  return {
    'fails, and is not in expected-failures.json': Object.fromEntries(failing),
    'passes, so take it out of expected-failures.json': listed,
    'is in expected-failures.json, and not in the suite': Object.keys(reasons).filter(
      (name) => !outcome.has(name),
    ),
  }
}

const NONE = {
  'fails, and is not in expected-failures.json': {},
  'passes, so take it out of expected-failures.json': [],
  'is in expected-failures.json, and not in the suite': [],
}

describe.skipIf(!installed)(`the backend suite of ONNX${note}`, () => {
  let run: Outcome
  let node: Outcome

  beforeAll(async () => {
    run = await runSuite('run')
    node = await runSuite('onnxruntime-node')
    const totals = `${passing(run).length} of ${run.size} cases, onnxruntime-node ${passing(node).length}`
    console.log(`ONNX backend suite: session.run passes ${totals}`)
  })

  it('passes with session.run, except for the expected failures', () => {
    expect(unexpected(run)).toEqual(NONE)
  })

  it('passes with a binding where it passes with session.run', async () => {
    expect(unexpected(await runSuite('binding'))).toEqual(NONE)
  })

  it('passes in every case that onnxruntime-node passes, and in more', () => {
    const worse = passing(node).filter((name) => run.get(name) !== null && !mayPass(name))
    expect(worse).toEqual([])
    expect(passing(node).length).toBeGreaterThan(900)
    expect(passing(run).length).toBeGreaterThan(passing(node).length)
  })
})
