// Shared by the examples on audio.
import { readFileSync } from 'node:fs'

export const SAMPLE_RATE = 16_000
export const CHUNK = 512 // new samples per run: 32 ms
export const CONTEXT = 64 // samples of the previous chunk, which the model takes again

/** The samples, from -1 to 1, of a mono WAV file of 8 or 16 bits at 16 kHz with the usual header of 44 bytes. */
export function readWav(path) {
  const bytes = readFileSync(path)
  const [channels, rate, bits] = [bytes.readUInt16LE(22), bytes.readUInt32LE(24), bytes.readUInt16LE(34)]
  if (channels !== 1 || rate !== SAMPLE_RATE || (bits !== 8 && bits !== 16))
    throw new Error(`${path} has ${channels} channels, ${rate} Hz, ${bits} bits`)
  const data = bytes.subarray(44)
  if (bits === 8) return Float32Array.from(data, (sample) => (sample - 128) / 128)
  return Float32Array.from({ length: data.length >> 1 }, (_, i) => data.readInt16LE(2 * i) / 32_768)
}

/** The times from which to which all chunks are true, as text. */
export function spans(chunks) {
  const seconds = (count) => `${((count * CHUNK) / SAMPLE_RATE).toFixed(2)} s`
  const changes = [...chunks, false].flatMap((now, i) => (now === (chunks[i - 1] ?? false) ? [] : [i]))
  return changes.flatMap((start, i) =>
    i % 2 === 0 ? [`${seconds(start)} to ${seconds(changes[i + 1])}`] : [],
  )
}
