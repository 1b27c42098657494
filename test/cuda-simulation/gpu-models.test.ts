import { describeSuites } from './gpu-suites.ts'

describeSuites('the GPU suites of models', ['basic/', 'models/', 'recurrent/'])
