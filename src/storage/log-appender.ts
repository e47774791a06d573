import { batchSize, hasProducerId, lastOffset } from '../protocol/records/batch.js'
import type { AppendQueue } from './append-queue.js'
import {
  analyzeReplicated,
  assignOffsets,
  type BatchAnalysis,
  forEachEpoch,
} from './batch-analysis.js'
import type { AppendCallback, AppendOrigin, LogAppendInfo, TransactionContext } from './log.js'
import type { LogConfig } from './log-config.js'
import type { LoadedLog } from './log-loader.js'
import type { ProducerBatch } from './producer-entry.js'
import type { SegmentRoller } from './segment-roller.js'

/** Gives batches their place in a log, and puts them into the queue of its writes. */
export class LogAppender {
  /** What the next batch gets. */
  nextOffset: number

  constructor(
    private readonly files: LoadedLog,
    private readonly roller: SegmentRoller,
    private readonly queue: AppendQueue,
  ) {
    this.nextOffset = files.logEndOffset
  }

  /** See `Log.append`. */
  append(
    batches: Buffer,
    leaderEpoch: number,
    origin: AppendOrigin,
    config: LogConfig,
    done: AppendCallback,
    context?: TransactionContext,
  ): LogAppendInfo {
    const { epochs, producers } = this.files
    const analysis = assignOffsets(batches, this.nextOffset, leaderEpoch, config.maxMessageBytes)
    for (let at = 0; at < batches.length; at += batchSize(batches, at)) {
      if (!hasProducerId(batches, at)) continue
      const duplicate = producers.check(batches, at, origin, context)
      if (duplicate !== undefined) return this.#appendDuplicate(duplicate, done)
    }
    if (leaderEpoch > (epochs.latestEpoch ?? -1)) epochs.assign(leaderEpoch, analysis.firstOffset)
    return this.#submit(batches, analysis, config, done)
  }

  /** See `Log.appendAsFollower`. */
  appendAsFollower(batches: Buffer, config: LogConfig, done: AppendCallback): LogAppendInfo {
    const { epochs } = this.files
    const analysis = analyzeReplicated(batches, this.nextOffset)
    const whole = batches.subarray(0, analysis.bytes)
    forEachEpoch(whole, epochs.latestEpoch ?? -1, (epoch, firstOffset) => {
      epochs.assign(epoch, firstOffset)
    })
    return this.#submit(whole, analysis, config, done)
  }

  #submit(
    batches: Buffer,
    analysis: BatchAnalysis,
    config: LogConfig,
    done: AppendCallback,
  ): LogAppendInfo {
    const { producers } = this.files
    const segment = this.roller.segmentFor(analysis)
    for (let at = 0; at < batches.length; ) {
      segment.append(batches, at, config)
      if (hasProducerId(batches, at)) {
        const completed = producers.add(batches, at)
        const aborted = completed && producers.completeTxn(completed)
        if (aborted !== undefined) segment.addAbortedTxn(aborted)
      } else {
        producers.endOffset = lastOffset(batches, at) + 1
      }
      at += batchSize(batches, at)
    }
    const info: LogAppendInfo = {
      firstOffset: analysis.firstOffset,
      lastOffset: analysis.lastOffset,
      maxTimestamp: analysis.maxTimestamp,
      duplicate: false,
    }
    this.nextOffset = analysis.lastOffset + 1
    this.queue.submit({ bytes: batches, segment, endOffset: this.nextOffset, info, done })
    return info
  }

  // The first append may still be on its way; its repetition is answered after it.
  #appendDuplicate(batch: ProducerBatch, done: AppendCallback): LogAppendInfo {
    const info: LogAppendInfo = {
      firstOffset: batch.lastOffset - batch.offsetDelta,
      lastOffset: batch.lastOffset,
      maxTimestamp: batch.timestamp,
      duplicate: true,
    }
    const segment = this.files.segments.active!
    this.queue.submit({ bytes: undefined, segment, endOffset: this.nextOffset, info, done })
    return info
  }
}
