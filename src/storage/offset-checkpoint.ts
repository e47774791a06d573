import type { Disk, DiskCallback } from '../env/disk.js'
import { logDirectoryName } from './file-names.js'

const FORMAT_VERSION = 0

/** An offset of one partition's log. */
export interface CheckpointEntry {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/**
 * A file with an offset for each log of a directory (Kafka's `OffsetCheckpointFile`): a version, a
 * count, then topic, partition and offset in a line for each.
 */
export class OffsetCheckpoint {
  /** What the file holds or will hold once the writes under way have ended. */
  #content: string | undefined

  constructor(
    private readonly disk: Disk,
    readonly path: string,
  ) {}

  /** Whether the file has any, as far as it was read or written. */
  get hasEntries(): boolean {
    return this.#content !== undefined && this.#content !== format([]) && this.#content !== ''
  }

  /**
   * The offsets by the name of the log's directory; none where there is no file.
   *
   * @throws DiskError; Error when the file makes no sense
   */
  read(): Map<string, number> {
    const text = this.disk.readFile(this.path)?.toString('utf8') ?? ''
    this.#content = text
    return parse(text, this.path)
  }

  /** Replaces the file, unless it holds just this. */
  write(entries: readonly CheckpointEntry[], done: DiskCallback): void {
    const content = format(entries)
    if (content === this.#content) {
      done(null)
      return
    }
    this.#content = content
    this.disk.replaceFile(this.path, Buffer.from(content), (error) => {
      if (error !== null) this.#content = undefined
      done(error)
    })
  }

  /** Makes the next {@link write} write in any case, and so end after all that came before it. */
  invalidate(): void {
    this.#content = undefined
  }
}

function format(entries: readonly CheckpointEntry[]): string {
  let lines = ''
  for (const { topic, partition, offset } of entries) lines += `${topic} ${partition} ${offset}\n`
  return `${FORMAT_VERSION}\n${entries.length}\n${lines}`
}

function parse(text: string, path: string): Map<string, number> {
  const offsets = new Map<string, number>()
  // Apache Kafka makes the files empty, and writes them the first time a minute later.
  if (text === '') return offsets
  const [version, count, ...lines] = text.split('\n').filter((line) => line.trim() !== '')
  if (Number(version) !== FORMAT_VERSION)
    throw new Error(`${path} is of unknown version ${version}`)
  if (Number(count) !== lines.length) {
    throw new Error(`${path} says that it has ${count} offsets, but has ${lines.length}`)
  }
  for (const line of lines) {
    const match = /^(\S+)\s+(\d+)\s+(\d+)$/.exec(line.trim())
    if (match === null) throw new Error(`${path} has the line '${line}'`)
    offsets.set(logDirectoryName(match[1]!, Number(match[2])), Number(match[3]))
  }
  return offsets
}
