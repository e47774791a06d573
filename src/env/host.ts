import os from 'node:os'

/** The name by which this machine calls itself. */
export function machineName(): string {
  return os.hostname()
}
