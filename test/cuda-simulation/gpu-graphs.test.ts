import { describeSuites } from './gpu-suites.ts'

describeSuites('the GPU suites of places and graphs', ['places/', 'graphs/', 'whole/', 'graph-hazards/'], {
  absent: ['places/several-gpus'],
})
