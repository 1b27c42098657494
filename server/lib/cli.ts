#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { createServer } from './index.js'

const USAGE = `onnxruntime-iobinding-server --model-repository FOLDER [options]

  --model-repository FOLDER  models in Triton's layout, <name>/<version>/model.onnx
  --model-name NAME          the folder is one model of this name, with a model.onnx
  --http-address ADDRESS     127.0.0.1 by default
  --http-port PORT           8000 by default
  --grpc-address ADDRESS     127.0.0.1 by default
  --grpc-port PORT           8001 by default
  --grpc-max-connection-age MILLISECONDS   after which gRPC clients are asked to connect again
  --metrics-address ADDRESS  127.0.0.1 by default
  --metrics-port PORT        8002 by default
  --body-limit BYTES         the most bytes of a body, also when it is inflated
  --max-queue-size COUNT     the most requests of a model that wait or run
  --drain-ms MILLISECONDS    how long it serves after SIGTERM, while it reports that it is not ready (5000);
                             a second signal ends this time
  --exit-timeout-secs SECONDS   how long it then waits for requests in flight (30)
`

function number(text: string | undefined, option: string): number | undefined {
  if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new Error(`--${option} is not a number: ${text}`)
}

async function main(): Promise<void> {
  const string = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      'model-repository': string,
      'model-name': string,
      'http-address': string,
      'http-port': string,
      'grpc-address': string,
      'grpc-port': string,
      'grpc-max-connection-age': string,
      'metrics-address': string,
      'metrics-port': string,
      'body-limit': string,
      'exit-timeout-secs': string,
      'max-queue-size': string,
      'drain-ms': string,
      help: { type: 'boolean' },
    },
  })
  if (values.help) return void process.stdout.write(USAGE)
  const modelRepository = values['model-repository']
  if (modelRepository === undefined) throw new Error('--model-repository is missing')
  const given = {
    modelName: values['model-name'],
    httpAddress: values['http-address'],
    httpPort: number(values['http-port'], 'http-port'),
    grpcAddress: values['grpc-address'],
    grpcPort: number(values['grpc-port'], 'grpc-port'),
    grpcMaxConnectionAgeMs: number(values['grpc-max-connection-age'], 'grpc-max-connection-age'),
    metricsAddress: values['metrics-address'],
    metricsPort: number(values['metrics-port'], 'metrics-port'),
    bodyLimit: number(values['body-limit'], 'body-limit'),
    maxQueueSize: number(values['max-queue-size'], 'max-queue-size'),
    drainMs: number(values['drain-ms'], 'drain-ms') ?? 5000,
    exitTimeoutMs: (number(values['exit-timeout-secs'], 'exit-timeout-secs') ?? 30) * 1000,
  }
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const server = await createServer({ modelRepository, ...options })
  for (const { name, version, state, reason } of server.models)
    console.log(name, version ?? '-', state, reason)
  console.log(`listening on port ${server.httpPort} (gRPC ${server.grpcPort}, metrics ${server.metricsPort})`)
  let isClosing = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      void server.close({ now: isClosing })
      isClosing = true
    })
}

main().catch((error: Error) => {
  console.error(`${error.message}\n\n${USAGE}`)
  process.exitCode = 1
})
