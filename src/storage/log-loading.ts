import { type DiskEntry, DiskError } from '../env/disk.js'
import type { DataDirectory } from './data-directory.js'
import {
  DELETE_DIRECTORY_SUFFIX,
  PARTITION_METADATA_FILE,
  parseLogDirectoryName,
} from './file-names.js'
import type { LogConfig } from './log-config.js'
import type { LogContext } from './log-context.js'
import { loadLog } from './log-loader.js'
import { PartitionLog } from './partition-log.js'
import { decodePartitionMetadata } from './partition-metadata.js'
import { syncIfCut } from './segment-sync.js'
import { runInSlices } from './slices.js'

/** The quorum's own log, which it opens itself. */
export const METADATA_TOPIC = '__cluster_metadata'
/** Milliseconds between two messages on how far the loading is. */
const PROGRESS_INTERVAL_MS = 5000

export interface LoadOptions {
  readonly context: LogContext
  readonly configOf: (topic: string) => LogConfig
  /** Wall-clock milliseconds, for messages. */
  readonly nowMs: () => number
  /** Nothing more is to be loaded. */
  readonly isCancelled: () => boolean
  readonly onLoaded: (directory: DataDirectory, log: PartitionLog) => void
}

/** Offsets by the name of the log's directory. */
type Offsets = ReadonlyMap<string, number>

/** What is known of a log besides its files. */
export interface LogOrigin {
  readonly directory: DataDirectory
  readonly topic: string
  readonly partition: number
  /** Where its partition.metadata is missing. */
  readonly topicId?: string
  readonly config: LogConfig
  readonly logStartOffset: number
  readonly recoveryPoint: number
  readonly hadCleanShutdown: boolean
}

/**
 * Opens a log whose directory is there, in slices.
 *
 * @throws DiskError
 */
export async function openPartitionLog(
  context: LogContext,
  origin: LogOrigin,
  path: string,
): Promise<PartitionLog> {
  const { topic, partition, config } = origin
  const metadata = context.disk.readFile(`${path}/${PARTITION_METADATA_FILE}`)
  const { logStartOffset, recoveryPoint, hadCleanShutdown } = origin
  const loaded = await runInSlices(
    context.disk,
    loadLog({ context, directory: path, config, logStartOffset, recoveryPoint, hadCleanShutdown }),
  )
  await syncIfCut(loaded.segments.active!)
  const topicId = metadata && decodePartitionMetadata(metadata)
  const log = new PartitionLog(
    {
      context,
      logDirectory: origin.directory.path,
      directory: path,
      topic,
      partition,
      config,
      topicId,
    },
    loaded,
  )
  if (topicId === undefined && origin.topicId !== undefined) log.assignTopicId(origin.topicId)
  return log
}

/**
 * Opens all logs of a directory, each in turns of its own: what is there after a clean stop,
 * otherwise recovering it from its recovery point. What deleted logs left goes.
 *
 * @throws DiskError
 */
export async function loadDirectory(directory: DataDirectory, options: LoadOptions): Promise<void> {
  const { context, isCancelled, nowMs } = options
  const { disk, logger } = context
  const { path, hadCleanShutdown } = directory
  if (hadCleanShutdown) directory.cleanShutdown.remove()
  const entries = (disk.list(path) ?? []).filter(({ isDirectory }) => isDirectory)
  const names = await sweep(directory, entries, context)
  const recoveryPoints = readOffsets(directory.recoveryPoints, context)
  const logStarts = readOffsets(directory.logStarts, context)
  const highWatermarks = readOffsets(directory.highWatermarks, context)
  const cleanedOffsets = readOffsets(directory.cleanedOffsets, context)
  const startedMs = nowMs()
  let saidMs = startedMs
  let done = 0
  for (const { name, topic, partition } of names) {
    if (isCancelled()) return
    const origin: LogOrigin = {
      directory,
      topic,
      partition,
      config: options.configOf(topic),
      logStartOffset: logStarts.get(name) ?? 0,
      recoveryPoint: recoveryPoints.get(name) ?? 0,
      hadCleanShutdown,
    }
    const log = await openPartitionLog(context, origin, `${path}/${name}`)
    log.updateHighWatermark(highWatermarks.get(name) ?? 0)
    log.cleanedTo = cleanedOffsets.get(name)
    options.onLoaded(directory, log)
    done++
    if (nowMs() - saidMs >= PROGRESS_INTERVAL_MS) {
      saidMs = nowMs()
      logger.info({ directory: path, done, of: names.length, hadCleanShutdown }, 'opening logs')
    }
    await nextTurn(context)
  }
  directory.isLoaded = true
  if (done === 0) return
  logger.info(
    { directory: path, logs: done, hadCleanShutdown, tookMs: nowMs() - startedMs },
    'opened the logs',
  )
}

/** Removes deleted logs. @returns the directories of partitions */
async function sweep(
  { path }: DataDirectory,
  entries: readonly DiskEntry[],
  context: LogContext,
): Promise<{ name: string; topic: string; partition: number }[]> {
  const found: { name: string; topic: string; partition: number }[] = []
  for (const { name } of entries) {
    const parsed = parseLogDirectoryName(name)
    if (parsed !== undefined && parsed.topic !== METADATA_TOPIC) found.push({ name, ...parsed })
    else if (name.endsWith(DELETE_DIRECTORY_SUFFIX)) {
      context.disk.remove(`${path}/${name}`)
      await nextTurn(context)
    } else if (parsed === undefined && name !== 'lost+found') {
      context.logger.warn({ directory: `${path}/${name}` }, 'this is no log and is left alone')
    }
  }
  return found
}

/** A file that makes no sense counts as none: then more is recovered, or read, than was needed. */
function readOffsets(file: { path: string; read(): Offsets }, { logger }: LogContext): Offsets {
  try {
    return file.read()
  } catch (error) {
    if (error instanceof DiskError) throw error
    logger.warn({ file: file.path, error: (error as Error).message }, 'the checkpoint is ignored')
    return new Map()
  }
}

function nextTurn({ disk }: LogContext): Promise<void> {
  return new Promise((resolve) => {
    disk.atTurnEnd(resolve)
  })
}
