import os from 'node:os'

/** The name by which this machine calls itself. */
export function machineName(): string {
  return os.hostname()
}

/** What this process takes up, in bytes. */
export function memoryInUse(): { readonly resident: number; readonly heapUsed: number } {
  const { rss, heapUsed } = process.memoryUsage()
  return { resident: rss, heapUsed }
}

/** Processor time that this process has used, in seconds. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000_000
}
