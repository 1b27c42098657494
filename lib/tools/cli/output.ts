/** Control characters, and characters that reorder, hide or break text without being visible. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
/** The same without the newline. */
const UNPRINTABLE_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * Prints what a command reports. The strings come from models, files and libraries: a control character in one could
 * command the terminal, or imitate a line of the report, so all of them are printed as JSON escapes.
 *
 * @param options `keepNewlines` for a `toText` that indents the lines of a string
 */
export function printReport<R>(
  report: R,
  json: boolean,
  toText: (report: R) => string,
  { keepNewlines = false } = {},
): void {
  const text = json
    ? escapeIn(JSON.stringify(report, null, 2), UNPRINTABLE_IN_LINES)
    : toText(escapeStrings(report, keepNewlines ? UNPRINTABLE_IN_LINES : UNPRINTABLE))
  console.log(text)
}

/** The text with unprintable characters as JSON escapes, for output other than a report. */
export const escapeText = (text: string): string => escapeIn(text, UNPRINTABLE)

/** Prints an error, whose further lines are indented. @param help follows as it is */
export function printError(message: string, help?: string): void {
  const lines = escapeIn(message, UNPRINTABLE_IN_LINES).replaceAll('\n', '\n  ')
  console.error(help === undefined ? lines : `${lines}\n\n${help}`)
}

/** The strings of a report, as values and as keys. */
function escapeStrings<T>(value: T, characters: RegExp): T {
  const escaped = (part: unknown): unknown => {
    if (typeof part === 'string') return escapeIn(part, characters)
    if (Array.isArray(part)) return part.map(escaped)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(
      Object.entries(part).map(([key, entry]) => [escapeIn(key, characters), escaped(entry)]),
    )
  }
  return escaped(value) as T
}

function escapeIn(text: string, characters: RegExp): string {
  return text.replace(characters, (character) =>
    character < ' '
      ? JSON.stringify(character).slice(1, -1)
      : character
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  )
}
