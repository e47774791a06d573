import { posix, resolve, sep } from 'node:path'

/**
 * A path as a `Disk` takes it: absolute, with `/` between its parts, which Windows takes too.
 *
 * @param path relative to the working directory, or absolute, as the system writes it
 */
export function absolutePath(path: string): string {
  return resolve(path).replaceAll(sep, posix.sep)
}

/** The same for a disk in memory, which has neither a working directory nor drives. */
export function absoluteMemoryPath(path: string): string {
  return posix.resolve(posix.sep, path)
}
