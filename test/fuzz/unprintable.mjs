/** What a command must not print: control characters other than the newline, and characters that reorder or hide text. */
export const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
