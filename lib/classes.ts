// What all public classes have: how the console shows an object, and methods that refuse a proxy of one.
import { types } from 'node:util'
import { argumentTypeError, OrtTypeError } from './errors'

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

/** The error of what is not an instance of a class, or is a proxy of one. @param what such as `an OrtValue` */
export function instanceError(
  argument: string,
  given: unknown,
  what: string,
  isProxy: boolean,
): OrtTypeError {
  if (!isProxy) return argumentTypeError(argument, what, given)
  return new OrtTypeError('ERR_INVALID_ARG_TYPE', `'${argument}' is a proxy of ${what}`, {
    expected: `${what.replace(/^an? /, 'the ')} itself`,
    remedy: "Keep it out of reactive state: Vue's markRaw() or toRaw(), MobX's observable.ref",
  })
}

/** Refuses `new` from outside: a constructor's first argument is internal. @param maker the call to use in place of it */
export function checkConstruction(given: unknown, name: string, maker: string): void {
  if ((typeof given === 'object' && given !== null) || typeof given === 'function') return
  throw new OrtTypeError('ERR_INVALID_ARG_TYPE', `${name} has no public constructor`, {
    remedy: `Use ${maker}`,
  })
}

/** Methods that return a promise, though they are not all async functions. */
const ASYNCHRONOUS: ReadonlySet<string | symbol> = new Set([
  'run',
  'runWithShapes',
  'capture',
  'release',
  'close',
  Symbol.asyncDispose,
])

// No method has more parameters. An array of the rest would be an allocation in each run.
type Method = (this: unknown, first?: unknown, second?: unknown, third?: unknown) => unknown

/**
 * Makes the methods and getters of a class with private fields refuse a proxy of an instance, with a coded error in place of
 * V8's.
 *
 * @param what such as `an IoBinding`
 * @param has whether an object has the class's private fields
 */
export function refuseProxies(
  { prototype }: { readonly prototype: object },
  what: string,
  has: (value: object) => boolean,
): void {
  const guarded = (method: Method, key: string | symbol): Method => {
    const refuse = (given: unknown) => {
      if (key === INSPECT) return `Proxy(${what.replace(/^an? /, '')})`
      const isProxy =
        typeof given === 'object' && given !== null && Object.prototype.isPrototypeOf.call(prototype, given)
      const error = instanceError('this', given, what, isProxy)
      if (types.isAsyncFunction(method) || ASYNCHRONOUS.has(key)) return Promise.reject(error)
      throw error
    }
    const guard: Method = function (first, second, third) {
      return typeof this === 'object' && this !== null && has(this)
        ? method.call(this, first, second, third)
        : refuse(this)
    }
    return Object.defineProperty(guard, 'name', { value: method.name, configurable: true })
  }
  for (const key of Reflect.ownKeys(prototype)) {
    const property = Object.getOwnPropertyDescriptor(prototype, key)!
    if (property.get !== undefined) property.get = guarded(property.get, key)
    else if (key !== 'constructor') property.value = guarded(property.value, key)
    Object.defineProperty(prototype, key, property)
  }
}
