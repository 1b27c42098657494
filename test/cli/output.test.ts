// A stdout that does not accept the output.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const cli = [process.execPath, join(root, 'dist', 'tools', 'cli', 'cli.js')]
const inspect = [...cli, 'inspect', join(root, 'test', 'models', 'tiny_bert', 'model.onnx'), '--json']
const shell = (command: string) => {
  const { FORCE_COLOR, ...env } = process.env
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', env })
  return { status, stderr }
}
const quoted = inspect.map((word) => `'${word}'`).join(' ')

test.skipIf(!existsSync('/dev/full'))('a full disk is an error', () => {
  const { status, stderr } = shell(`${quoted} > /dev/full`)
  expect(status).toBe(2)
  expect(stderr).toMatch(/^the output could not be written: .*ENOSPC/)
  expect(stderr).not.toMatch(/^ +at /m)
})

test.skipIf(process.platform === 'win32')('a reader that closes the pipe early causes no error', () => {
  expect(shell(`${quoted} | head -c 1 > /dev/null`)).toEqual({ status: 0, stderr: '' })
})
