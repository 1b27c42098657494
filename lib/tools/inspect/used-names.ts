import type { OnnxGraph, OnnxNode } from './onnx-model'

/** The values that the graph's outputs depend on, however far back, through nested graphs too. */
export function usedNames(graph: OnnxGraph): ReadonlySet<string> {
  const producers = new Map<string, OnnxNode>()
  for (const node of graph.nodes) for (const output of node.outputs) producers.set(output, node)
  const used = new Set<string>([''])
  const pending = graph.outputs.map(({ name }) => name)
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (used.has(name)) continue
    used.add(name)
    const producer = producers.get(name)
    if (producer !== undefined) for (const read of readsOf(producer)) pending.push(read)
  }
  return used
}

/** What a node reads: its inputs, and whatever its nested graphs name, which may be their own. */
export function readsOf({ inputs, subgraphs }: OnnxNode): string[] {
  const nested = subgraphs.flatMap(({ nodes, outputs }) => [
    ...nodes.flatMap(readsOf),
    ...outputs.map(({ name }) => name),
  ])
  return [...inputs, ...nested]
}
