import { styleText } from 'node:util'

/** Whether stdout is a terminal with colors; hasColors() respects NO_COLOR and the like. */
export function hasColors(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors()
}

/** Styles a text where stdout has colors. */
export const paint: typeof styleText = (style, text) => (hasColors() ? styleText(style, text) : text)

/** The length of the longest text, for a column that fits all. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, { length }) => Math.max(most, length), 0)
}

/** The rows as lines, in columns; those from `right` on are aligned to the right. */
export function alignColumns(rows: readonly (readonly string[])[], right = Infinity): string[] {
  const columns = rows.reduce((most, { length }) => Math.max(most, length), 0)
  const widths = Array.from({ length: columns }, (_, i) => widest(rows.map((row) => row[i] ?? '')))
  const align = (cell: string, i: number) => (i < right ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
  return rows.map((row) => row.map(align).join('  ').trimEnd())
}

/** `1 node`, `2 nodes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** One line on the terminal, rewritten each time. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
