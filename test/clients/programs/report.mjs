// Prints what a program computed, and the addons that are open in the process, in the last line.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Three seconds of a file of mono, 16 kHz and 16 bits, after a header of 44 bytes; the path is the program's argument. */
export function speech() {
  const { buffer, byteOffset, length } = readFileSync(process.argv[2])
  const end = byteOffset + Math.min(length, 44 + 3 * 16_000 * 2)
  const samples = new Int16Array(buffer.slice(byteOffset + 44, end))
  return Float32Array.from(samples, (sample) => sample / 32768)
}

/** What the clients of language models read. */
export const texts = ['the quick brown fox', 'jumps over', 'the lazy dog of the neighbors']

export const digest = (bytes) => createHash('sha256').update(bytes).digest('hex')

export function report(results) {
  const addons = process.report
    .getReport()
    .sharedObjects.map((path) => basename(path))
    .filter((name) => /^onnxruntime_\w+\.node$/.test(name))
  console.log(`\n${JSON.stringify({ results, addons })}`)
}
