import { availableParallelism, cpus, loadavg } from 'node:os'
import { readPlans } from '../bench/plan'
import type { Command } from '../cli/command'
import { readInteger, readModel, readNumber } from '../cli/options'
import { printReport } from '../cli/output'
import { progress } from '../cli/terminal'
import { OBJECTIVES, readObjective } from './objective'
import { search } from './search'
import { settings } from './settings'
import { toText } from './text'

const ROUNDS = 7

const HELP = `onnxruntime-iobinding tune MODEL [options]

Finds the session options that are fastest for this model and these shapes on this machine. It tries each value of each option
on top of the best ones before it: in a process of its own, in rounds that alternate with the best, and only if its results are
those of the defaults. What is clearly slower after three rounds is given up.

  --objective NAME       what to make short: p50, p99, or throughput (the time for each run of all callers); default p50
  --callers N            callers at the same time, each with a binding of its own; default 1
  --shape NAME=1x128     shape of an input or output, as in bench
  --range NAME=LOW..HIGH range of an input's values, as in bench
  --seed N               seed of the values; default 1
  --budget N             seconds after which no further setting is tried; default 60
  --json
  --help

Exit code: 0 tuned, 2 failed.

  onnxruntime-iobinding tune mlp.onnx --shape x=1x128
  onnxruntime-iobinding tune bert.onnx --shape input_0=1x128 --shape input_1=1x128 --objective throughput --callers 8`

/** `tune MODEL` */
export const tune: Command = {
  summary: 'finds the fastest session options for a model',
  help: HELP,
  options: {
    objective: { type: 'string', default: 'p50' },
    callers: { type: 'string' },
    shape: { type: 'string', multiple: true },
    range: { type: 'string', multiple: true },
    seed: { type: 'string' },
    budget: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
  async run(positionals, values) {
    const model = readModel('tune', positionals)
    const objective = readObjective(values.objective)
    const callers = readInteger(values, 'callers', 1) ?? 1
    const budget = readNumber(values, 'budget', 0.1, 86_400) ?? 60
    const [plan] = readPlans(model, { ...values, providers: 'cpu', concurrency: String(callers) })
    const begin = performance.now()
    const cores = availableParallelism()
    const rounds = {
      limit: { seconds: Math.min(0.25, Math.max(0.01, budget / 300)) },
      count: ROUNDS,
      callers,
      cost: OBJECTIVES[objective]!,
    }
    const [all, deadline] = [settings(callers, cores), begin + budget * 1000]
    const found = await search(plan, all, rounds, deadline, progress).finally(() => progress(''))
    const machine = {
      cpu: cpus()[0]?.model ?? 'unknown CPU',
      cores,
      load: Math.round(loadavg()[0]! * 10) / 10,
      node: process.versions.node,
    }
    const seconds = (performance.now() - begin) / 1000
    printReport({ model, objective, callers, seconds, machine, ...found }, values.json === true, toText)
    return 0
  },
}
