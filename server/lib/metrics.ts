import { createServer, type Server } from 'node:http'
import { cpus, freemem, totalmem } from 'node:os'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Model } from './model.js'
import type { Repository } from './repository.js'
import { REASONS } from './statistics.js'

const LABELS = ['model', 'version'] as const
const us = ({ ns }: { readonly ns: number }) => Math.round(ns / 1000)

/** Triton's counters of a model, and how each is read. */
const COUNTERS: readonly [name: string, help: string, read: (model: Model) => number][] = [
  [
    'nv_inference_request_success',
    'Number of successful inference requests',
    (model) => model.requests.success.count,
  ],
  [
    'nv_inference_count',
    'Number of inferences, of which a request has one for each row of its batch',
    ({ runs }) => runs.stats.inferences,
  ],
  ['nv_inference_exec_count', 'Number of runs of the model', ({ runs }) => runs.stats.executions],
  [
    'nv_inference_request_duration_us',
    'Duration of successful inference requests in microseconds',
    (model) => us(model.requests.success),
  ],
  ['nv_inference_queue_duration_us', 'Time in the queue in microseconds', ({ runs }) => us(runs.stats.queue)],
  [
    'nv_inference_compute_input_duration_us',
    'Time of preparing inputs in microseconds',
    ({ runs }) => us(runs.stats.compute_input),
  ],
  [
    'nv_inference_compute_infer_duration_us',
    'Time of running the model in microseconds',
    ({ runs }) => us(runs.stats.compute_infer),
  ],
  [
    'nv_inference_compute_output_duration_us',
    'Time of taking outputs in microseconds',
    ({ runs }) => us(runs.stats.compute_output),
  ],
]

/** The metrics of a repository's models, under Triton's names. They are read when they are asked for. */
export function metricsRegistry(repository: Repository): Registry {
  const registry = new Registry()
  const registers = [registry]
  const labels = ({ name, version }: Model) => ({ model: name, version })
  for (const [name, help, read] of COUNTERS)
    new Counter({
      name,
      help,
      labelNames: LABELS,
      registers,
      collect() {
        this.reset()
        for (const model of repository.models) this.inc(labels(model), read(model))
      },
    })
  new Counter({
    name: 'nv_inference_request_failure',
    help: 'Number of failed inference requests',
    labelNames: [...LABELS, 'reason'],
    registers,
    collect() {
      this.reset()
      for (const model of repository.models)
        for (const reason of REASONS) this.inc({ ...labels(model), reason }, model.requests.failures[reason])
    },
  })
  new Gauge({
    name: 'nv_inference_pending_request_count',
    help: 'Number of requests, or of their rows, that wait for a run',
    labelNames: LABELS,
    registers,
    collect() {
      for (const model of repository.models) this.set(labels(model), model.runs.waiting)
    },
  })
  addMachine(registers)
  return registry
}

function addMachine(registers: Registry[]): void {
  let last = cpuTimes()
  new Gauge({
    name: 'nv_cpu_utilization',
    help: 'CPU utilization rate of the machine since the last request for metrics [0.0 - 1.0]',
    registers,
    collect() {
      const now = cpuTimes()
      const all = now.all - last.all
      this.set(all === 0 ? 0 : (now.busy - last.busy) / all)
      last = now
    },
  })
  const memory: readonly [name: string, help: string, read: () => number][] = [
    ['nv_cpu_memory_total_bytes', 'CPU memory of the machine in bytes', totalmem],
    [
      'nv_cpu_memory_used_bytes',
      'CPU memory of the machine that is used in bytes',
      () => totalmem() - freemem(),
    ],
    [
      'process_resident_memory_bytes',
      'Resident memory of the server in bytes',
      () => process.memoryUsage.rss(),
    ],
  ]
  for (const [name, help, read] of memory)
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
}

function cpuTimes(): { readonly all: number; readonly busy: number } {
  let [all, idle] = [0, 0]
  for (const { times } of cpus()) {
    all += times.user + times.nice + times.sys + times.idle + times.irq
    idle += times.idle
  }
  return { all, busy: all - idle }
}

/** Serves `/metrics`, and nothing else. */
export function metricsServer(repository: Repository): Server {
  const registry = metricsRegistry(repository)
  return createServer(({ url, method }, response) => {
    if (url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end()
    if (method !== 'GET' && method !== 'HEAD')
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end()
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
}
