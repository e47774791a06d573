import type { Clock } from '../env/clock.js'
import type { Disk } from '../env/disk.js'
import type { Logger } from '../env/logger.js'
import type { Random } from '../env/random.js'
import type { BufferPool } from './buffer-pool.js'
import type { IndexCache } from './index-cache.js'
import type { LogConfig } from './log-config.js'
import type { ProducerStateConfig } from './producer-state.js'

/** What the logs of a node share. */
export interface LogContext {
  readonly disk: Disk
  /** The logical one: retention, segment age, producer expiry. */
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly buffers: BufferPool
  readonly indexes: IndexCache
  readonly producerStateConfig: () => ProducerStateConfig
  /** The disk has failed under a log of this directory (one of `log.dirs`). */
  readonly onFailure: (logDirectory: string, error: Error) => void
}

/** What a partition's log is made with. */
export interface PartitionLogOptions {
  readonly context: LogContext
  /** The one of `log.dirs` that it is in. */
  readonly logDirectory: string
  /** Its own directory. */
  readonly directory: string
  readonly topic: string
  readonly partition: number
  readonly topicId: string | undefined
  readonly config: LogConfig
}
