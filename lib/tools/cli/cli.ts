#!/usr/bin/env node
import { main } from './main'
import { printError } from './output'

// Lost output is a failure, unless the reader has seen enough, as head does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  printError(`the output could not be written: ${error.message}`)
  process.exit(2)
})
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
