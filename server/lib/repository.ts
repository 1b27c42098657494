import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import type { SessionOptions } from 'onnxruntime-iobinding'
import { notFound, RequestError } from './errors.js'
import { Model } from './model.js'

export interface RepositoryOptions {
  readonly folders: readonly string[]
  /** The first folder is one model of this name: KServe's flat layout. */
  readonly modelName?: string | undefined
  readonly session: SessionOptions
  readonly maxQueueSize: number
}

/** What the repository index reports of a model. */
export interface IndexEntry {
  readonly name: string
  readonly version?: string
  readonly state: 'READY' | 'UNAVAILABLE'
  readonly reason: string
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const VERSION = /^[1-9][0-9]{0,17}$/

/** The newest version of each model of some folders, loaded once. */
export class Repository {
  readonly #models = new Map<string, Model>()
  readonly #index: IndexEntry[] = []

  /** @throws Error unless the folders can be read. A model that cannot be loaded is in the index, with the reason */
  static async open(options: RepositoryOptions): Promise<Repository> {
    const repository = new Repository()
    // A folder by two of its paths is one.
    const roots = new Set(await Promise.all(options.folders.map((folder) => realpath(folder))))
    const { modelName } = options
    if (modelName !== undefined) {
      const [root] = roots
      await repository.#load(modelName, '1', join(root!, 'model.onnx'), root!, root!, options)
      return repository
    }
    for (const [name, its] of await listModels(roots))
      if (its.length > 1)
        repository.#refuse(
          name,
          undefined,
          `${its.length} of the repositories have it, expected one: rename it`,
        )
      else await repository.#open(name, its[0]!, options)
    return repository
  }

  async #open(name: string, root: string, options: RepositoryOptions): Promise<void> {
    try {
      const folder = join(root, name)
      if (!isInside(await realpath(folder), root))
        throw new Error(
          'its folder is a link that leaves the repository: move the folder into the repository',
        )
      const versions = (await readdir(folder))
        .filter((one) => VERSION.test(one))
        .sort((a, b) => Number(a) - Number(b))
      const version = versions.at(-1)
      if (version === undefined) throw new Error('it has no version, a folder whose name is a number')
      await this.#load(name, version, join(folder, version, 'model.onnx'), folder, root, options)
    } catch (error) {
      this.#refuse(name, undefined, (error as Error).message)
    }
  }

  async #load(
    name: string,
    version: string,
    path: string,
    folder: string,
    root: string,
    options: RepositoryOptions,
  ) {
    try {
      if (!NAME.test(name))
        throw new Error('its name has other characters than letters, digits, "_", "." and "-"')
      const file = await realpath(path)
      if (!isInside(file, root)) throw new Error('its file is outside of the repository')
      const config = await readConfig(join(folder, 'config.pbtxt'), root)
      const readSample = (sample: string) => readInside(join(folder, 'warmup', sample), root)
      this.#models.set(name, await Model.load(name, version, file, config, { ...options, readSample }))
      this.#index.push({ name, version, state: 'READY', reason: '' })
    } catch (error) {
      this.#refuse(name, version, (error as Error).message)
    }
  }

  #refuse(name: string, version: string | undefined, reason: string): void {
    this.#index.push({ name, ...(version !== undefined && { version }), state: 'UNAVAILABLE', reason })
  }

  get index(): readonly IndexEntry[] {
    return this.#index
  }

  get models(): readonly Model[] {
    return [...this.#models.values()]
  }

  /** Whether every model of the folders is loaded, as it is where they have none. */
  get isReady(): boolean {
    return this.#index.every(({ state }) => state === 'READY')
  }

  /** @throws RequestError 404, 503 */
  model(name: string, version?: string): Model {
    const model = this.#models.get(name)
    if (model !== undefined && this.has(name, version ?? '')) return model
    const failed = this.#index.find((entry) => entry.name === name && entry.state === 'UNAVAILABLE')
    if (failed !== undefined && model === undefined)
      throw new RequestError(503, `model '${name}' is not ready: ${failed.reason}`)
    throw notFound(`Request for unknown model: '${name}'${version ? ` version ${version}` : ''} is not found`)
  }

  /** Whether a model is loaded in this version. */
  has(name: string, version: string): boolean {
    const model = this.#models.get(name)
    return model !== undefined && (version === '' || version === model.version)
  }

  async release(): Promise<void> {
    await Promise.all(this.models.map((model) => model.release()))
  }
}

/** The names of the models in some folders, sorted, each with those folders that have it. */
async function listModels(roots: Iterable<string>): Promise<[name: string, roots: string[]][]> {
  const models = new Map<string, string[]>()
  for (const root of roots)
    for (const name of await readdir(root))
      if (!name.startsWith('.') && (await isFolder(join(root, name))))
        models.set(name, [...(models.get(name) ?? []), root])
  return [...models].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Whether a path is a folder, or a link to one. Of a link to nothing the reason is reported when it is opened. */
const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (its) => its.isDirectory(),
    () => true,
  )

const isInside = (path: string, root: string) => path.startsWith(root + sep)

async function readInside(path: string, root: string): Promise<Buffer> {
  const file = await realpath(path)
  if (isInside(file, root)) return readFile(file)
  throw new Error(`${basename(path)} is outside of the repository`)
}

async function readConfig(path: string, root: string): Promise<string | undefined> {
  try {
    return (await readInside(path, root)).toString('utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
