/** Objects of the caller, and objects by names of the caller: neither may meet what is in Object.prototype. */

/** A property of an object, or of its class; undefined where it is only in Object.prototype, to which anything can be added. */
export function property(object: object, name: string): unknown {
  for (
    let owner: object | null = object;
    owner !== null;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    if (owner !== object && isObjectPrototype(owner)) return undefined
    if (Object.hasOwn(owner, name)) return (object as Record<string, unknown>)[name]
  }
  return undefined
}

/** Of any realm. */
function isObjectPrototype(object: object): boolean {
  return Object.getPrototypeOf(object) === null && Object.hasOwn(object, 'hasOwnProperty')
}

/** A copy without a prototype: what it lacks is undefined. */
export function bare<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object)
}

/** Sets a property of any name: an assignment to `__proto__` sets none. */
export function setOwn<T>(object: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
