import { describeSuites } from './gpu-suites.ts'

describeSuites('the GPU suites of concurrency, failures, ends and memory', [
  'concurrency/',
  'failures/',
  'endings/',
  'memory/',
])
