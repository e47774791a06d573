import type { Losses } from '../../src/env/losses.js'
import { SimulatedFile } from '../../src/env/simulated-file.js'
import { Namespace } from '../../src/env/simulated-namespace.js'

/** One step that a disk takes. Files have numbers, as their names change. */
export type DiskChange =
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | {
      readonly kind: 'write'
      readonly file: number
      readonly position: number
      readonly bytes: Buffer
    }
  | { readonly kind: 'truncate'; readonly file: number; readonly length: number }
  /** A sync has ended, of what had been changed when it began. */
  | { readonly kind: 'sync'; readonly file: number; readonly mark: number }
  | { readonly kind: 'makeDirectory'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  /** Of one file, or of an empty directory. */
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'syncDirectory'; readonly path: string }

/** What is on a disk, and what of it is safe. */
export class DiskImage {
  readonly names = new Namespace()
  readonly #files: SimulatedFile[] = []
  readonly #numbers = new Map<SimulatedFile, number>()

  get nextFile(): number {
    return this.#files.length
  }

  file(number: number): SimulatedFile {
    return this.#files[number]!
  }

  numberOf(path: string): number | undefined {
    const file = this.names.file(path)
    return file && this.#numbers.get(file)
  }

  apply(change: DiskChange): void {
    switch (change.kind) {
      case 'create': {
        const file = new SimulatedFile()
        this.#files[change.file] = file
        this.#numbers.set(file, change.file)
        this.names.link(change.path, file)
        return
      }
      case 'write':
        this.file(change.file).write(change.bytes, change.position)
        return
      case 'truncate':
        this.file(change.file).truncate(change.length)
        return
      case 'sync':
        this.file(change.file).synced(change.mark)
        return
      case 'makeDirectory':
        this.names.makeDirectory(change.path)
        return
      case 'rename':
        this.names.rename(change.from, change.to)
        return
      case 'remove':
        this.names.remove(change.path)
        return
      case 'syncDirectory':
        this.names.syncDirectory(change.path)
    }
  }

  /** Power is lost. */
  crash(losses: Losses): void {
    this.names.crash(losses)
  }
}
