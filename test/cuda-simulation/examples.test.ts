// examples/io-binding on the simulated GPU.
import { describe } from 'vitest'
import { testCudaExample } from '../examples/cuda-example.ts'

describe('examples/io-binding on CUDA', () => testCudaExample(5))
