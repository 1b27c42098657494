import { fork } from 'node:child_process'
import { join } from 'node:path'
import { commandLine } from '../cli/shell'
import type { Failure } from './failure'
import type { Probes } from './probes'

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
  readonly env?: Readonly<Record<string, string>>
}

const ENTRY = join(__dirname, 'probe.js')

/** Runs a probe in a process of its own: what loads foreign libraries may crash there, or never end. */
export function ask<N extends ProbeName>(
  name: N,
  args: readonly string[],
  { timeout, env = {} }: ProbeOptions,
): Promise<Outcome<Answer<N>>> {
  const command = commandLine([process.execPath, ENTRY, name, ...args], env)
  return new Promise((resolve) => {
    const child = fork(ENTRY, [name, ...args], {
      execArgv: [],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    // A process in a driver's hands may outlive its SIGKILL: nobody waits for it then.
    const overdue = setTimeout(() => {
      child.kill('SIGKILL')
      child.stderr!.destroy()
      if (child.connected) child.disconnect()
      child.unref()
      fail(timedOut(name, timeout, stderr))
    }, timeout)
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    const forget = () => {
      clearTimeout(overdue)
      process.off('exit', kill)
    }
    let sent: { answer: Answer<N> } | { failure: Failure } | undefined
    let stderr = ''
    const fail = (failure: Failure) => resolve({ failure: { ...failure, command } })
    child.on('message', (message) => {
      sent = message as typeof sent
    })
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MOST_STDERR)
    })
    child.on('error', (error) => {
      forget()
      fail({ code: 'ERR_PROBE_CRASHED', message: error.message })
    })
    child.on('exit', forget)
    child.on('close', (code, signal) => {
      // Even with an answer: what crashes or stays at its end does so in the user's process too.
      if (code !== 0 || sent === undefined) fail(crashed(name, signal ?? `exit code ${code}`, stderr))
      else if ('failure' in sent) fail(sent.failure)
      else resolve(sent)
    })
  })
}

const MOST_STDERR = 2000

function timedOut(name: string, timeout: number, stderr: string): Failure {
  const message = `the probe '${name}' did not end${lastWords(stderr)}`
  return {
    code: 'ERR_PROBE_TIMEOUT',
    message,
    expected: `an end within ${timeout / 1000} s`,
    given: 'none',
  }
}

function crashed(name: string, end: string, stderr: string): Failure {
  const message = `the probe '${name}' crashed${lastWords(stderr)}`
  return { code: 'ERR_PROBE_CRASHED', message, expected: 'exit code 0', given: end }
}

function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? '' : `; its last words:\n${lines.slice(-5).join('\n')}`
}
