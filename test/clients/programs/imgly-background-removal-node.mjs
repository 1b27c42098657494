import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { removeBackground } from '@imgly/background-removal-node'
import { writePicture } from './picture.mjs'
import { digest, report } from './report.mjs'

const picture = new Blob([readFileSync(await writePicture())], { type: 'image/png' })
const dist = new URL('../node_modules/@imgly/background-removal-node/dist/', import.meta.url)
const result = await removeBackground(picture, {
  model: 'small',
  publicPath: pathToFileURL(dist.pathname).href,
})
report([result.type, digest(Buffer.from(await result.arrayBuffer()))])
