// What work.ts returns, or with `cluster` what it returns in each of two workers.
import cluster from 'node:cluster'
import { work } from './work.ts'

async function main() {
  const [, , model, ...options] = process.argv
  if (!options.includes('cluster')) return work(model!)
  if (cluster.isWorker) {
    process.send!(await work(model!))
    process.disconnect()
    return undefined
  }
  const answers = [cluster.fork(), cluster.fork()].map(
    (worker) => new Promise((resolve) => worker.on('message', resolve)),
  )
  const [first, second] = await Promise.all(answers)
  if (JSON.stringify(first) !== JSON.stringify(second)) throw new Error('the workers give different results')
  return first
}

main().then((result) => result && console.log(JSON.stringify(result)))
