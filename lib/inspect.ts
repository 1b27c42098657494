/** What `util.inspect` and `console.log` call in place of showing an object's fields. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** The arguments that a method of this name is called with. */
export type InspectArguments = [
  depth: number,
  options: object,
  inspect: (value: unknown, options?: object) => string,
]

/** The name of a class and some properties of an object, in place of its fields. */
export function summarize(
  name: string,
  properties: object,
  [depth, options, inspect]: InspectArguments,
): string {
  return depth < 0 ? `[${name}]` : `${name} ${inspect(properties, { ...options, depth: 3 })}`
}
