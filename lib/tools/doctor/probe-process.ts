import { fork } from 'node:child_process'
import { join } from 'node:path'
import { mainScriptVariable } from '../../engine/library'
import { commandLine } from '../cli/shell'
import type { Failure } from './failure'
import type { Probes } from './probes'
import type { ProblemCode } from './report'

/** What a probe found, or why it found nothing. */
export type Outcome<T> = { readonly answer: T } | { readonly failure: ProbeFailure }

export interface ProbeFailure extends Failure {
  /** Runs the same probe in a shell. */
  readonly command: string
}

export type ProbeName = keyof Probes
export type Answer<N extends ProbeName> = Awaited<ReturnType<Probes[N]>>

export interface ProbeOptions {
  /** Milliseconds after which it is killed. */
  readonly timeout: number
  /** Variables of the environment, beside this process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

const ENTRY = join(__dirname, 'probe.js')
/** Characters of stderr that are kept. */
const MAX_STDERR = 2000

/** Runs a probe in a process of its own: what loads foreign libraries may crash or hang there. */
export function ask<N extends ProbeName>(
  name: N,
  args: readonly string[],
  { timeout, env = {} }: ProbeOptions,
): Promise<Outcome<Answer<N>>> {
  const command = commandLine([process.execPath, ENTRY, name, ...args], env)
  return new Promise((resolve) => {
    const child = fork(ENTRY, [name, ...args], {
      execArgv: [],
      env: { ...process.env, ...mainScriptVariable(), ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let sent: { answer: Answer<N> } | { failure: Failure } | undefined
    let stderr = ''
    const fail = (failure: Failure) => resolve({ failure: { ...failure, command } })
    const lose = (code: ProblemCode, how: string, expected: string, given: string) => {
      const message = `the probe '${name}' ${how}${lastLines(stderr)}`
      fail({ code, message, expected, given })
    }
    // A process that a driver holds may outlive its SIGKILL: nobody waits for it.
    const overdue = setTimeout(() => {
      child.kill('SIGKILL')
      child.stderr!.destroy()
      if (child.connected) child.disconnect()
      child.unref()
      lose('ERR_PROBE_TIMEOUT', 'did not end', `an exit within ${timeout / 1000} s`, 'none')
    }, timeout)
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    const forget = () => {
      clearTimeout(overdue)
      process.off('exit', kill)
    }
    child.on('message', (message) => {
      sent = message as typeof sent
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_STDERR)
    })
    child.on('error', (error) => {
      forget()
      fail({ code: 'ERR_PROBE_CRASHED', message: error.message })
    })
    child.on('exit', forget)
    child.on('close', (code, signal) => {
      // Even with an answer: a crash or a hang at the end happens in the user's process too.
      if (code !== 0 || sent === undefined) {
        lose('ERR_PROBE_CRASHED', 'crashed', 'exit code 0', signal ?? `exit code ${code}`)
      } else if ('failure' in sent) fail(sent.failure)
      else resolve(sent)
    })
  })
}

function lastLines(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? '' : `; last lines of stderr:\n${lines.slice(-5).join('\n')}`
}
