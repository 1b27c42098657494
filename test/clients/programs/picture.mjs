// A picture with a word in it, without a font.
import { join } from 'node:path'
import sharp from 'sharp'

/** The rows of each letter, a bit a point. */
const LETTERS = [
  [17, 17, 17, 31, 17, 17, 17],
  [31, 16, 16, 30, 16, 16, 31],
  [16, 16, 16, 16, 16, 16, 31],
  [16, 16, 16, 16, 16, 16, 31],
  [14, 17, 17, 17, 17, 17, 14],
]
const POINT = 6

/** @returns the path of a PNG */
export async function writePicture() {
  const points = LETTERS.flatMap((rows, letter) =>
    rows.flatMap((bits, row) =>
      [0, 1, 2, 3, 4]
        .filter((column) => bits & (16 >> column))
        .map((column) => [20 + POINT * (7 * letter + column), 20 + POINT * row]),
    ),
  )
  const squares = points.map(([x, y]) => `<rect x="${x}" y="${y}" width="${POINT}" height="${POINT}"/>`)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="260" height="90"><rect width="260" height="90" fill="white"/>${squares.join('')}</svg>`
  const path = join(import.meta.dirname, 'picture.png')
  await sharp(Buffer.from(svg)).png().toFile(path)
  return path
}
