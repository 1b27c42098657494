import Ocr from '@gutenye/ocr-node'
import { writePicture } from './picture.mjs'
import { report } from './report.mjs'

const ocr = await Ocr.create()
report(await ocr.detect(await writePicture()))
