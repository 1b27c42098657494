// All tests, the most telling first: the budget cuts off the end.
import { tests as basic } from './basic.mjs'
import { tests as concurrency } from './concurrency.mjs'
import { tests as endings } from './endings.mjs'
import { tests as failures } from './failures.mjs'
import { tests as graphHazards } from './graph-hazards.mjs'
import { tests as graphs } from './graphs.mjs'
import { tests as memory } from './memory.mjs'
import { tests as models } from './models.mjs'
import { tests as places } from './places.mjs'
import { tests as recurrent } from './recurrent.mjs'
import { tests as wholeGraphs } from './whole-graphs.mjs'

/** @type {import('../harness.mjs').Test[]} */
export const tests = [
  ...basic,
  ...models,
  ...recurrent,
  ...places,
  ...graphs,
  ...wholeGraphs,
  ...concurrency,
  ...failures,
  ...endings,
  ...memory,
  ...graphHazards,
]
