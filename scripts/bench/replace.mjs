import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Replaces what a file has between two markers by a text that brings both along.
 * @param {string} file
 * @param {[begin: string, end: string]} markers
 * @param {string} text
 */
export function replaceBetween(file, [begin, end], text) {
  const old = readFileSync(file, 'utf8')
  const [from, to] = [old.indexOf(begin), old.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin} and ${end}`)
  writeFileSync(file, old.slice(0, from) + text + old.slice(to + end.length))
}
