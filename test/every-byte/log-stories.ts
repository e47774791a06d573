import type { Story } from './cuts.js'
import { type LogPromise, logStory, type Teller } from './log-story.js'
import { UPKEEP_MS } from './machine.js'

const SEGMENT_BYTES = 330

function idempotent(baseSequence: number, producerId = 7) {
  return { producerId, producerEpoch: 0, baseSequence }
}

const appending = logStory({
  name: 'append',
  tell: async (teller) => {
    teller.add(1)
    await teller.flush()
    teller.add(2, 1, idempotent(0))
    teller.add(1, 1, { ...idempotent(0, 8), transactional: true })
    await teller.written()
    teller.add(1, 1, idempotent(2))
    teller.end('ABORT', 8, 1)
    await teller.flush()
    teller.add(1, 2, { ...idempotent(1, 8), transactional: true })
    teller.add(2, 2, idempotent(3))
    await teller.written()
    teller.end('COMMIT', 8, 2)
    await teller.written()
  },
})

const rolling = logStory({
  name: 'roll, with producer snapshots',
  config: { segmentBytes: SEGMENT_BYTES },
  tell: async (teller) => {
    for (let round = 0; round < 4; round++) {
      teller.add(1, round, idempotent(round))
      teller.add(1, round, { ...idempotent(round, 8), transactional: true })
      if (round % 2 === 1) teller.end('ABORT', 8, round)
      await teller.written()
      teller.add(1, round)
      if (round === 1) await teller.flush()
      await teller.written()
    }
    await teller.machine.wait(10)
  },
})

export const truncating = logStory({
  name: 'truncation',
  config: { segmentBytes: SEGMENT_BYTES },
  tell: async (teller) => {
    for (let i = 0; i < 8; i++) {
      teller.add(1, i >> 1, idempotent(i))
      await teller.written()
    }
    await teller.flush()
    await truncate(teller, 3)
    for (let i = 0; i < 3; i++) teller.add(1, 6, idempotent(3 + i))
    await teller.written()
    await teller.flush()
    await truncate(teller, 5)
    teller.add(1, 7, idempotent(5))
    await teller.written()
  },
})

/** Until the next flush the old end may be there, or a part of it. */
async function truncate(teller: Teller, offset: number): Promise<void> {
  const { machine, log, history, promise } = teller
  teller.history = history.slice(0, offset)
  promise({ safe: offset, histories: [history, teller.history] })
  await machine.finish(
    new Promise<void>((resolve, reject) => {
      log.truncateTo(offset, (error) => (error === null ? resolve() : reject(error)))
    }),
  )
}

/** Moves the log start, deletes segments, and stops cleanly; the next process starts from that. */
const checkpointing = logStory({
  name: 'checkpoints and a clean stop',
  config: { segmentBytes: SEGMENT_BYTES },
  tell: async (teller) => {
    const { machine, history } = teller
    const safe = 7
    // Nothing is promised: of several segments made in one turn the first ones may be missing.
    teller.promise({ safe: 0, histories: [history], starts: [0, 3, 6] })
    for (let i = 0; i < safe; i++) teller.add(1)
    await teller.flush()
    await machine.wait(UPKEEP_MS)
    const { log } = teller
    teller.promise({ safe, histories: [history], starts: [0, 3, 4] })
    log.updateHighWatermark(log.logEndOffset)
    log.advanceLogStartOffset(4)
    log.deleteOldSegments()
    await machine.wait(UPKEEP_MS + 100)
    teller.promise({ safe, histories: [history], starts: [4] })
    teller.add(2)
    await teller.written()
    await machine.finish(teller.manager.close())
    teller.promise({ safe: history.length, histories: [history], starts: [4] })
    const stopped = history.length
    await teller.boot()
    teller.add(2)
    await teller.written()
    teller.promise({ safe: stopped, histories: [history], starts: [4] })
    await machine.finish(teller.manager.close())
    teller.promise({ safe: history.length, histories: [history], starts: [4] })
  },
})

export const logStories: readonly Story<LogPromise>[] = [
  appending,
  rolling,
  truncating,
  checkpointing,
]
