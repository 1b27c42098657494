import { writeFileSync } from 'node:fs'

writeFileSync('service.mjs', "export * from 'onnxruntime-iobinding'\n")
