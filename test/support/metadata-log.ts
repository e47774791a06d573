import type { Clock } from '../../src/env/clock.js'
import type { Disk } from '../../src/env/disk.js'
import { silentLogger } from '../../src/env/logger.js'
import type { Random } from '../../src/env/random.js'
import { METADATA_DIRECTORY, METADATA_TOPIC, metadataLogConfig } from '../../src/raft/quorum.js'
import { BufferPool } from '../../src/storage/buffer-pool.js'
import { IndexCache } from '../../src/storage/index-cache.js'
import type { Log } from '../../src/storage/log.js'
import { emptyLog, loadLog } from '../../src/storage/log-loader.js'
import { PartitionLog } from '../../src/storage/partition-log.js'
import { runAtOnce } from '../../src/storage/slices.js'

export interface MetadataLogOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  /** Absolute. */
  readonly logDirectory: string
  readonly segmentBytes?: number
}

/** Opens a metadata log as after a crash: everything is read through. */
export function openMetadataLog(options: MetadataLogOptions): Log {
  const { disk, clock, random, logDirectory, segmentBytes = 1024 ** 3 } = options
  const directory = `${logDirectory}/${METADATA_DIRECTORY}`
  const context = {
    disk,
    clock,
    random,
    logger: silentLogger,
    buffers: new BufferPool(),
    indexes: new IndexCache(),
    producerStateConfig: () => ({ expirationMs: 24 * 3600 * 1000, verifiesTransactions: true }),
    onFailure: () => {},
  }
  const config = metadataLogConfig({ segmentBytes, segmentMs: 7 * 24 * 3600 * 1000 })
  const hasFiles = (disk.list(directory) ?? []).some(({ name }) => name.endsWith('.log'))
  const loaded = hasFiles
    ? runAtOnce(
        loadLog({
          context,
          directory,
          config,
          logStartOffset: 0,
          recoveryPoint: 0,
          hadCleanShutdown: false,
        }),
      )
    : emptyLog(context, directory)
  const identity = { topic: METADATA_TOPIC, partition: 0, topicId: undefined }
  return new PartitionLog({ context, logDirectory, directory, config, ...identity }, loaded)
}
