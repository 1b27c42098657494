import { describeSuites } from './gpu-suites.ts'

describeSuites('the GPU suites of places and graphs', ['places/', 'graphs/', 'graph-hazards/'], {
  absent: ['places/several-gpus'],
})
