// The pipelines of a version of transformers.js, on a local model folder.
import { dirname } from 'node:path'
import { report, texts } from './report.mjs'

export async function runPipelines({ env, pipeline }) {
  const [, , , model] = process.argv
  Object.assign(env, { allowRemoteModels: false, localModelPath: dirname(model), useFSCache: false })
  const results = []
  for (const [task, options] of [
    ['text-classification', { top_k: null }],
    ['feature-extraction', { pooling: 'mean', normalize: true }],
  ]) {
    const run = await pipeline(task, 'tiny-bert', { dtype: 'fp32' })
    for (const text of texts) {
      const result = await run(text, options)
      results.push('data' in result ? [...result.data] : result)
    }
    await run.dispose()
  }
  report(results)
}
