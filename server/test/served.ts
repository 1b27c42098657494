import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { createServer, type InferenceServer, type ServerOptions } from '../dist/index.js'
import { GrpcClient } from './grpc-client.ts'
import { PORTS } from './models.ts'

/** A server of models in a folder of their own, and a client of it. */
export interface Served {
  repository: string
  server: InferenceServer
  client: GrpcClient
}

/** Starts a server before the tests of a file, and ends it after them. @param write writes the models */
export function serve(write: (repository: string) => void, options: Partial<ServerOptions> = {}): Served {
  const served = {} as Served
  beforeAll(async () => {
    served.repository = mkdtempSync(join(tmpdir(), 'server-models-'))
    write(served.repository)
    served.server = await createServer({ modelRepository: served.repository, ...PORTS, ...options })
    served.client = new GrpcClient(served.server.grpcPort)
  })
  afterAll(async () => {
    served.client.close()
    await served.server.close()
    rmSync(served.repository, { recursive: true })
  })
  return served
}
