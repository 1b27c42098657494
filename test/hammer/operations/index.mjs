// The operations, by how often a trace has them. Each takes four numbers of the trace, and returns false where the world has
// nothing that it could be done with, or a promise where the next operation must wait for it.
import * as bindings from './bindings.mjs'
import * as runs from './runs.mjs'
import * as sessions from './sessions.mjs'
import * as turns from './turns.mjs'
import * as values from './values.mjs'

/** @type {Record<string, [weight: number, operation: (world: any, ...numbers: number[]) => any]>} */
export const OPERATIONS = {
  create: [6, sessions.create],
  createInvalid: [1, sessions.createInvalid],
  release: [1, sessions.release],
  forgetSession: [1, sessions.forgetSession],
  sessionRun: [14, sessions.sessionRun],

  allocate: [6, values.allocate],
  wrap: [4, values.wrap],
  wrapMemory: [3, values.wrapMemory],
  sequence: [4, values.sequence],
  write: [8, values.write],
  writeView: [4, values.writeView],
  read: [8, values.read],
  copyTo: [4, values.copyTo],
  download: [3, values.download],
  dispose: [3, values.dispose],
  forget: [2, values.forget],

  createBinding: [9, bindings.createBinding],
  bindInput: [7, bindings.bindInput],
  bindOutput: [6, bindings.bindOutput],
  clear: [1, bindings.clear],
  disposeBinding: [1, bindings.disposeBinding],
  forgetBinding: [1, bindings.forgetBinding],
  view: [5, bindings.view],
  takeOutput: [4, bindings.takeOutput],

  run: [24, runs.run],
  runSync: [9, runs.runSync],
  capture: [5, runs.capture],
  releaseCapture: [2, runs.releaseCapture],
  abort: [5, runs.abort],
  abortLater: [3, runs.abortLater],

  turn: [9, turns.turn],
  settle: [6, turns.settle],
  settleAll: [3, turns.settleAll],
  rest: [3, turns.rest],
  collect: [1, turns.collect],
  startWorker: [0.4, turns.startWorker],
  terminateWorker: [1, turns.terminateWorker],
}
