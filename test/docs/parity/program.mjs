// Prints what each row of docs/from-onnxruntime-node.md shows with a package: node program.mjs PACKAGE
import { createRequire } from 'node:module'
import { different, same } from './rows.mjs'

const ort = createRequire(import.meta.url)(process.argv[2])
const seen = {}
for (const [row, observe] of Object.entries({ ...same, ...different })) {
  try {
    seen[row] = await observe(ort)
  } catch ({ name, code }) {
    seen[row] = code ?? name
  }
}
console.log(JSON.stringify(seen))
