/** Commands to paste into this platform's shell, which is PowerShell on Windows. */

const windows = process.platform === 'win32'

export function quote(argument: string): string {
  if (/^[\w@%+=:,./-]+$/.test(argument)) return argument
  return `'${argument.replaceAll("'", windows ? "''" : "'\\''")}'`
}

/** A program and its arguments, with environment variables. */
export function commandLine(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const set = Object.entries(env).map(([name, value]) =>
    windows ? `$env:${name} = ${quote(value)};` : `${name}=${quote(value)}`,
  )
  // PowerShell reads a quoted program as a string.
  return [...set, ...(windows ? ['&'] : []), ...argv.map(quote)].join(' ')
}

export function unset(variable: string): string {
  return windows ? `Remove-Item Env:${variable}` : `unset ${variable}`
}

/** Sets a variable to the output of a command. */
export function setTo(variable: string, command: string): string {
  return windows ? `$env:${variable} = ${command}` : `export ${variable}="$(${command})"`
}
