import { DiskError } from './disk.js'

/** The error of an operation of node:fs as a {@link DiskError}. */
export function diskError(cause: unknown): DiskError {
  if (cause instanceof DiskError) return cause
  const error = cause as NodeJS.ErrnoException
  return new DiskError(error.code ?? 'EIO', error.message, { cause })
}

/** What the operation gives; its error as a {@link DiskError}. */
export function attempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    throw diskError(error)
  }
}
