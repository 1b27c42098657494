import { type Check, choice, integer } from '../check'
import { processCpus } from '../engine/cpus'
import type { SessionSettings } from '../engine/engine'

const MOST_CONCURRENT = 256

/** A number, or one run for each CPU that the process may use. */
export const concurrency: Check<number> = (value, name) => {
  const most = integer(1, MOST_CONCURRENT)
  if (typeof value !== 'string') return most(value, name)
  return Math.min(choice({ auto: processCpus().available })(value, name), MOST_CONCURRENT)
}

const PARALLEL = 1
const AFFINITIES = 'session.intra_op_thread_affinities'

/** Where the process may use a part of the machine alone: ONNX Runtime would start a thread for each core of the machine. */
function boundThreads(settings: SessionSettings): void {
  const { available, cores } = processCpus()
  if (available >= cores) return
  if (settings.config?.[AFFINITIES] === undefined) settings.intraOpNumThreads ??= available
  if (settings.executionMode === PARALLEL) settings.interOpNumThreads ??= available
}

/** Whether ONNX Runtime's threads spin, unless `extra` says it of the one kind or the other. */
function setSpinning(settings: SessionSettings, allowed: boolean | undefined): void {
  if (allowed === undefined) return
  const spins = allowed ? '1' : '0'
  settings.config = {
    'session.intra_op.allow_spinning': spins,
    'session.inter_op.allow_spinning': spins,
    ...settings.config,
  }
}

export function setThreads(settings: SessionSettings, allowSpinning: boolean | undefined): void {
  setSpinning(settings, allowSpinning)
  boundThreads(settings)
}

/** A bound that was given holds in each case. */
export const inlineBounds = (given: number | undefined) => ({
  inlineRunBelowUs: given ?? 50,
  inlineOnIdleLoopBelowUs: given ?? 500,
})

/** On a single CPU the polling loop would hold up the run. */
export const pollUs = (wanted: number): number => (processCpus().available > 1 ? wanted : 0)

/** On a single CPU the spinning thread would hold up the one that it waits for. */
export const spinUs = (wanted: number): number => (processCpus().available > 1 ? wanted : 0)
