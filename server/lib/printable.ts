/** Control characters, and characters that reorder, hide or break text without being visible. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * The text of a model's name, a path or an error with unprintable characters as JSON escapes: they could command the terminal,
 * or imitate a line of the log.
 */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) =>
    character < ' '
      ? JSON.stringify(character).slice(1, -1)
      : character
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  )

/** A value of a user in an error: short, and no object's contents. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100))
  return typeof value === 'object' ? typeof value : String(value)
}
