import type { DiskEntry } from './disk.js'
import type { Losses } from './losses.js'
import type { SimulatedFile } from './simulated-file.js'

type Node = SimulatedFile | 'directory'
type Names = Map<string, Node>

/** A change of one directory's entries. */
interface Change {
  readonly directory: string
  readonly apply: (names: Names) => void
}

/** The directory that holds a path. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}

/** Whether the path is the directory or in it, at any depth. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`)
}

/** Names of files and directories, as processes see them and as a crash would leave them. */
export class Namespace {
  #names: Names = new Map([['/', 'directory']])
  #durable: Names = new Map([['/', 'directory']])
  #unsynced: Change[] = []

  file(path: string): SimulatedFile | undefined {
    const node = this.#names.get(path)
    return node === 'directory' ? undefined : node
  }

  isDirectory(path: string): boolean {
    return this.#names.get(path) === 'directory'
  }

  list(path: string): DiskEntry[] | undefined {
    if (!this.isDirectory(path)) return undefined
    const prefix = path === '/' ? '/' : `${path}/`
    return [...this.#names]
      .filter(([name]) => name !== '/' && parentOf(name) === path)
      .map(([name, node]) => ({
        name: name.slice(prefix.length),
        isDirectory: node === 'directory',
      }))
  }

  link(path: string, file: SimulatedFile): void {
    this.#change(parentOf(path), (names) => names.set(path, file))
  }

  makeDirectory(path: string): void {
    if (path === '/' || this.isDirectory(path)) return
    this.makeDirectory(parentOf(path))
    this.#change(parentOf(path), (names) => names.set(path, 'directory'))
  }

  /** @returns whether there was anything */
  rename(from: string, to: string): boolean {
    if (!this.#names.has(from)) return false
    this.#change(parentOf(to), (names) => {
      for (const [path, node] of [...names]) {
        if (!isWithin(path, from)) continue
        names.delete(path)
        names.set(to + path.slice(from.length), node)
      }
    })
    return true
  }

  remove(path: string): void {
    if (!this.#names.has(path)) return
    this.#change(parentOf(path), (names) => {
      for (const name of [...names.keys()]) if (isWithin(name, path)) names.delete(name)
    })
  }

  #change(directory: string, apply: (names: Names) => void): void {
    apply(this.#names)
    this.#unsynced.push({ directory, apply })
  }

  syncDirectory(path: string): void {
    this.#unsynced = this.#unsynced.filter(({ directory, apply }) => {
      if (directory !== path) return true
      apply(this.#durable)
      return false
    })
  }

  /** Of each directory's changes that weren't synced the first few survive, or any. */
  crash(losses: Losses): void {
    const lost = new Set<string>()
    for (const { directory, apply } of this.#unsynced) {
      if (lost.has(directory)) continue
      if (losses.entry()) apply(this.#durable)
      else if (losses.keepsOrder) lost.add(directory)
    }
    this.#unsynced = []
    // From the top down: what was in a directory that is gone is gone with it.
    const paths = [...this.#durable.keys()].sort((a, b) => a.length - b.length)
    for (const path of paths) {
      if (this.#durable.get(parentOf(path)) !== 'directory') this.#durable.delete(path)
    }
    this.#names = new Map(this.#durable)
    for (const node of new Set(this.#names.values())) if (node !== 'directory') node.crash(losses)
  }
}
