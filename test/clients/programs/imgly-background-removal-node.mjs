import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { removeBackground } from '@imgly/background-removal-node'
import { writePicture } from './picture.mjs'
import { digest, report } from './report.mjs'

const picture = new Blob([readFileSync(await writePicture())], { type: 'image/png' })
const dist = join(process.cwd(), 'node_modules/@imgly/background-removal-node/dist/')
const result = await removeBackground(picture, {
  model: 'small',
  publicPath: pathToFileURL(dist).href,
})
report([result.type, digest(Buffer.from(await result.arrayBuffer()))])
