export { resolveOnnxruntimeNode as findOnnxruntimeNode } from '../../engine/library'
