/** What the commands' texts share. */

/** Whether stdout is a terminal that has colours; NO_COLOR and the like are in hasColors(). */
export function hasColors(): boolean {
  const { stdout } = process
  return stdout.isTTY && stdout.hasColors()
}

/** The length of the longest, for a column that holds them all. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length))
}
