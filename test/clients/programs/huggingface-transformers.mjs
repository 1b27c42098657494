import * as transformers from '@huggingface/transformers'
import { runPipelines } from './pipelines.mjs'

await runPipelines(transformers)
