// Checks cases one after the other: node child.mjs KIND FIRST END FOLDER. Writes JSON lines to file descriptor 3: before a case
// its seed, since it may be the last of this process, and after it the result.
import { copyFileSync, existsSync, writeFileSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { checkModel } from './check-model.mjs'
import { Cases } from './kinds.mjs'

const [kind, first, end, folder] = process.argv.slice(2)
const report = (line) => writeSync(3, `${JSON.stringify(line)}\n`)

const cases = new Cases(kind, folder)
for (let seed = Number(first); seed < Number(end); seed++) {
  const { base, original, bytes, extension } = await cases.make(seed)
  // The weights of a base that has them in a file beside it.
  const data = `${original}.data`
  if (existsSync(data)) copyFileSync(data, join(folder, basename(data)))
  const path = join(folder, `${kind}-${seed}.${extension}`)
  writeFileSync(path, bytes)
  report({ seed, base, path })
  report({ seed, ...(await checkModel(path)) })
}
