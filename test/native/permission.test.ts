// Node.js's permission model, and its option --no-addons.
import { execFileSync, spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { root } from '../../scripts/run.mjs'

const { ONNXRUNTIME_IOBINDING_ENGINE: _, ...env } = process.env
const script = "console.log(require('onnxruntime-iobinding').initialized().engine)"
const permission = process.allowedNodeEnvironmentFlags.has('--permission')
  ? '--permission'
  : '--experimental-permission'
const options = [permission, '--allow-fs-read=*', '--no-warnings']

test.each([[options], [['--no-addons']]])('the error with %j names the option', (given) => {
  const { status, stderr } = spawnSync(process.execPath, [...given, '-e', script], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  expect(stderr).toContain("code: 'ERR_ADDON_NOT_LOADED'")
  expect(stderr).toContain("remedy: 'Start Node.js with --allow-addons, and without --no-addons'")
})

test('with --allow-addons the package runs', () => {
  const args = [...options, '--allow-addons', '-e', script]
  expect(execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })).toBe('native\n')
})
