import * as timers from 'node:timers'

/** Node.js's own, whatever test runners put in its place later. */
const { clearImmediate, setImmediate } = timers

/** The addon's part of a turn. */
export interface Turning {
  /** Does the runs that wait for a turn, and settles those that have ended; returns whether to call it in another turn. */
  turn(): boolean
  /** `arm` is called when a turn is wanted. */
  setArm(arm: () => void): void
}

/** Lets the addon do and settle runs in turns of the event loop, which then does not sleep. */
export function lendEventLoop(addon: Turning): void {
  if (!turnsLoop()) return
  const turn = () => {
    if (addon.turn()) setImmediate(turn)
  }
  addon.setArm(() => {
    setImmediate(turn)
  })
}

/** Not where a test runner mocked the timers before this module was loaded: its turns come when the test wants them. */
function turnsLoop(): boolean {
  const immediate: object | undefined = setImmediate(() => {})
  clearImmediate(immediate as NodeJS.Immediate | undefined)
  return immediate?.constructor.name === 'Immediate'
}
