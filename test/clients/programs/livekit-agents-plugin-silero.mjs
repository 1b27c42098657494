import { initializeLogger, VADEventType } from '@livekit/agents'
import { VAD } from '@livekit/agents-plugin-silero'
import { AudioFrame } from '@livekit/rtc-node'
import { report, speech } from './report.mjs'

const [FRAME, WINDOW] = [160, 512]

initializeLogger({ pretty: false, level: 'silent' })
const vad = await VAD.load({ forceCPU: true, sampleRate: 16000 })
const stream = vad.stream()
const samples = Int16Array.from(speech(), (sample) => Math.round(sample * 32768))
for (let i = 0; i + FRAME <= samples.length; i += FRAME)
  stream.pushFrame(new AudioFrame(samples.slice(i, i + FRAME), 16000, 1, FRAME))
let windows = Math.floor(samples.length / WINDOW)
const events = []
for await (const { type, probability, samplesIndex, speaking } of stream) {
  events.push([VADEventType[type], probability, samplesIndex, speaking])
  if (type === VADEventType.INFERENCE_DONE && --windows === 0) break
}
report(events)
process.exit()
