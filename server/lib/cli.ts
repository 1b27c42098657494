#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { createServer } from './index.js'
import { CHECKS, integer, type ServerOptions } from './options.js'
import { MOST_MS } from './parameters.js'
import { printable } from './printable.js'

const USAGE = `onnxruntime-iobinding-server --model-repository FOLDER [options]

  --model-repository FOLDER  models in Triton's layout, <name>/<version>/model.onnx; may be given several times
  --model-name NAME          the folder is one model of this name, with a model.onnx
  --http-address ADDRESS     127.0.0.1 by default
  --http-port PORT           8000 by default
  --grpc-address ADDRESS     127.0.0.1 by default
  --grpc-port PORT           8001 by default
  --grpc-keepalive-time MILLISECONDS       after which a gRPC client is asked whether it is still there (60000)
  --grpc-keepalive-timeout MILLISECONDS    in which it has to answer (20000)
  --grpc-max-connection-age MILLISECONDS   after which gRPC clients are asked to connect again
  --grpc-max-connection-age-grace MILLISECONDS   which their calls have then; the age by default
  --metrics-address ADDRESS  127.0.0.1 by default
  --metrics-port PORT        8002 by default
  --body-limit BYTES         the most bytes of a body, also when it is inflated
  --max-queue-size COUNT     the most requests of a model that wait or run
  --drain-ms MILLISECONDS    how long it serves after SIGTERM, while it reports that it is not ready (5000);
                             a second signal ends this time
  --exit-timeout-secs SECONDS   how long it then waits for requests in flight (30)
`

/** Options of createServer, as they are written here. */
const TEXTS = {
  'model-name': 'modelName',
  'http-address': 'httpAddress',
  'grpc-address': 'grpcAddress',
  'metrics-address': 'metricsAddress',
} as const
const NUMBERS = {
  'http-port': 'httpPort',
  'grpc-port': 'grpcPort',
  'grpc-keepalive-time': 'grpcKeepaliveTimeMs',
  'grpc-keepalive-timeout': 'grpcKeepaliveTimeoutMs',
  'grpc-max-connection-age': 'grpcMaxConnectionAgeMs',
  'grpc-max-connection-age-grace': 'grpcMaxConnectionAgeGraceMs',
  'metrics-port': 'metricsPort',
  'body-limit': 'bodyLimit',
  'max-queue-size': 'maxQueueSize',
  'drain-ms': 'drainMs',
} as const
const EXIT_TIMEOUT = 'exit-timeout-secs'
const REPOSITORY = 'model-repository'

const FLAGS = [REPOSITORY, ...Object.keys(TEXTS), ...Object.keys(NUMBERS), EXIT_TIMEOUT]

/** What is not a decimal number stays a text, which the check refuses. */
const toNumber = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text)

/** @throws Error, OrtError that names the option as it is written here */
function readOptions(values: Readonly<Record<string, readonly string[] | undefined>>): ServerOptions {
  const options: Record<string, unknown> = { drainMs: 5000 }
  const read = (flag: string, take: (text: string, name: string) => void) => {
    const [value, ...more] = values[flag] ?? []
    if (more.length > 0) throw new Error(`--${flag} is given ${more.length + 1} times, expected once`)
    if (value !== undefined) take(value, `--${flag}`)
  }
  for (const [flag, option] of Object.entries({ ...TEXTS, ...NUMBERS }))
    read(flag, (text, name) => {
      options[option] = CHECKS[option](flag in NUMBERS ? toNumber(text) : text, name)
    })
  read(EXIT_TIMEOUT, (text, name) => {
    options.exitTimeoutMs = integer(0, Math.floor(MOST_MS / 1000))(toNumber(text), name) * 1000
  })
  const folders = values[REPOSITORY]
  if (folders === undefined) throw new Error(`--${REPOSITORY} is missing, expected the path of a folder`)
  options.modelRepository = CHECKS.modelRepository(folders, `--${REPOSITORY}`)
  return options as unknown as ServerOptions
}

async function main(): Promise<void> {
  // Of an option that is given twice, parseArgs would keep the last alone.
  const strings = { type: 'string', multiple: true } as const
  const {
    values: { help, ...values },
  } = parseArgs({
    options: { ...Object.fromEntries(FLAGS.map((flag) => [flag, strings])), help: { type: 'boolean' } },
  })
  if (help) return void process.stdout.write(USAGE)
  const server = await createServer(readOptions(values))
  for (const { name, version, state, reason } of server.models)
    console.log(printable(`${name} ${version ?? '-'} ${state} ${reason}`))
  if (server.models.length === 0) console.log('the model repository has no models')
  let isClosing = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      // A connection of gRPC that has sent nothing may be left.
      void server.close({ now: isClosing }).then(() => process.exit())
      isClosing = true
    })
  console.log(`listening on port ${server.httpPort} (gRPC ${server.grpcPort}, metrics ${server.metricsPort})`)
}

main().catch((error: Error) => {
  console.error(`${printable(error.message)}\n\n${USAGE}`)
  process.exitCode = 1
})
