import * as transformers from 'transformers-3'
import { runPipelines } from './pipelines.mjs'

await runPipelines(transformers)
