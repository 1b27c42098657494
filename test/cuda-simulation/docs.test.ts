// The programs in docs/ that need CUDA, on the simulated GPU.
import { describe } from 'vitest'
import { testCudaPrograms } from '../docs/cuda-programs.ts'

describe('programs in docs/ on CUDA', testCudaPrograms)
