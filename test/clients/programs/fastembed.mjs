// With a model of one's own: fastembed downloads its others.
import { join } from 'node:path'
import { EmbeddingModel, FlagEmbedding } from 'fastembed'
import { report, texts } from './report.mjs'

const modelAbsoluteDirPath = process.argv[3]
const modelName = join('onnx', 'model.onnx')
const embedding = await FlagEmbedding.init({ model: EmbeddingModel.CUSTOM, modelAbsoluteDirPath, modelName })
const results = []
for await (const batch of embedding.embed(texts, 2)) results.push(...batch.map((row) => [...row]))
report(results)
