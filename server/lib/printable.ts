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
