declare const Bun: { readonly main: string } | undefined

/** Files in an executable of Bun keep their paths on the machine that compiled it, whoever owns these now. */
const isCompiled = typeof Bun !== 'undefined' && /^(\/\$bunfs|B:[\\/]~BUN)[\\/]/.test(Bun.main)

/** This file, or the single executable that contains it. */
export const OWN_FILE = isCompiled ? process.execPath : __filename
