import type { OnnxGraph, OnnxNode } from './onnx-model'

/** The values that the graph's outputs depend on, directly or not, through nested graphs too. */
export function usedNames(graph: OnnxGraph): ReadonlySet<string> {
  const producers = new Map<string, OnnxNode>()
  for (const node of graph.nodes) for (const output of node.outputs) producers.set(output, node)
  const used = new Set<string>([''])
  const pending = graph.outputs.map(({ name }) => name)
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (used.has(name)) continue
    used.add(name)
    const producer = producers.get(name)
    if (producer !== undefined) for (const read of nodeReads(producer)) pending.push(read)
  }
  return used
}

/** What a node reads: its inputs, and all names that its nested graphs read, their own among them. */
export function nodeReads({ inputs, subgraphs }: OnnxNode): string[] {
  const nested = subgraphs.flatMap(({ nodes, outputs }) => [
    ...nodes.flatMap(nodeReads),
    ...outputs.map(({ name }) => name),
  ])
  return [...inputs, ...nested]
}
