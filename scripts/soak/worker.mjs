// Some tasks in a worker, which releases its sessions or leaves them.
import { parentPort, workerData } from 'node:worker_threads'
import { Random } from '../../test/helpers/random.mjs'
import { randomTask, releaseAll } from './tasks.mjs'

const random = new Random(workerData)
parentPort.postMessage('working')
for (let i = 0; i < 20; i++) await randomTask(random, ['workers'])
if (random.chance(0.5)) await releaseAll()
