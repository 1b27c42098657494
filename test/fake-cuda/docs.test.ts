// The programs in docs/ that need CUDA, on the fake driver.
import { testCudaPrograms } from '../docs/cuda-programs.ts'
import { describeCuda } from './support.ts'

describeCuda('programs in docs/ on CUDA', testCudaPrograms)
