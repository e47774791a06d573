import type { Disk } from '../env/disk.js'
import { CLEAN_SHUTDOWN_FILE } from './file-names.js'

const FORMAT_VERSION = 0
/** What is said where the epoch isn't known. */
export const UNKNOWN_BROKER_EPOCH = -1

/**
 * The file that a clean stop leaves in each directory, with the broker's epoch, by which the
 * controller knows that nothing was lost (KIP-966; Kafka's `CleanShutdownFileHandler`).
 */
export class CleanShutdownFile {
  readonly path: string

  constructor(
    private readonly disk: Disk,
    private readonly directory: string,
  ) {
    this.path = `${directory}/${CLEAN_SHUTDOWN_FILE}`
  }

  get exists(): boolean {
    return this.disk.stat(this.path) !== undefined
  }

  /** -1 where there is no file that can be read, or an older Kafka's, without an epoch. */
  readBrokerEpoch(): number {
    try {
      const text = this.disk.readFile(this.path)?.toString('utf8') ?? ''
      const content = JSON.parse(text) as { brokerEpoch?: unknown } | null
      const epoch = content?.brokerEpoch
      return typeof epoch === 'number' ? epoch : UNKNOWN_BROKER_EPOCH
    } catch {
      return UNKNOWN_BROKER_EPOCH
    }
  }

  write(brokerEpoch: number): void {
    const content = JSON.stringify({ version: FORMAT_VERSION, brokerEpoch })
    this.disk.replaceFileSync(this.path, Buffer.from(content))
  }

  /** From now on a crash is one. */
  remove(): void {
    this.disk.remove(this.path)
    this.disk.syncDirectory(this.directory)
  }
}
