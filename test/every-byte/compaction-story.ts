import type { Losses } from '../../src/env/losses.js'
import type { Log } from '../../src/storage/log.js'
import type { PartitionLog } from '../../src/storage/partition-log.js'
import { endTxn, keyed, readCommitted } from '../unit/storage/cleaner-fixture.js'
import { append, logConfig, MEGABYTE, namesIn, TOPIC_ID } from '../unit/storage/storage-fixture.js'
import type { Story } from './cuts.js'
import { DIRECTORY, id } from './log-story.js'
import { type Machine, UPKEEP_MS } from './machine.js'

const compacted = logConfig({
  compact: true,
  delete: false,
  segmentBytes: 600,
  indexIntervalBytes: 100,
  minCleanableDirtyRatio: 0,
  fileDeleteDelayMs: 10,
})
const config = { ...compacted, segmentBytes: 250 }

/** The latest value of each key, the producers and the end of the log: compaction changes none. */
async function contentOf(machine: Machine, log: Log): Promise<string> {
  const latest = new Map<string, string | null>()
  for (const { key, value } of await machine.finish(readCommitted(log, MEGABYTE))) {
    latest.set(key, value)
  }
  const producers = log
    .activeProducers()
    .map(({ producerId, producerEpoch, lastSequence }) => [producerId, producerEpoch, lastSequence])
  return JSON.stringify([[...latest].sort(), producers, log.logEndOffset])
}

/** Waits until everything but the active segment is cleaned. */
async function clean(machine: Machine, log: Log): Promise<void> {
  const target = log as PartitionLog
  log.config = compacted
  const end = target.files.segments.active!.baseOffset
  await machine.until(() => target.cleanedTo === end)
}

async function tell(machine: Machine, promise: (content: string) => void): Promise<void> {
  const { manager } = await machine.boot(config)
  const log = manager.getOrCreateLog(id, { topicId: TOPIC_ID, config })
  const run = (batch: Buffer): Promise<unknown> => machine.finish(append(log, batch))
  for (let round = 0; round < 3; round++) {
    const value = `${round}`.padEnd(20, '.')
    await run(
      keyed([
        ['a', value],
        ['b', round === 1 ? null : value],
      ]),
    )
    const producer = { producerId: 5, producerEpoch: 0, baseSequence: round }
    await run(keyed([['a', `txn ${round}`]], { ...producer, transactional: true }))
    await machine.finish(endTxn(log, round === 1 ? 'COMMIT' : 'ABORT', 5))
  }
  log.roll()
  await run(keyed([['c', 'last']]))
  log.updateHighWatermark(log.logEndOffset)
  await machine.flush(log)
  promise(await contentOf(machine, log))
  await clean(machine, log)
  await machine.wait(UPKEEP_MS / 2)
}

async function check(machine: Machine, promised: string, losses: Losses): Promise<void> {
  for (let life = 0; life < 2; life++) {
    const { manager, disk } = await machine.boot(config)
    const left = namesIn(disk, DIRECTORY).filter((name) => /\.(cleaned|swap|deleted)$/.test(name))
    if (left.length > 0) throw new Error(`there still is ${left.join()}`)
    const log = manager.getOrCreateLog(id, { topicId: TOPIC_ID, config })
    log.updateHighWatermark(log.logEndOffset)
    const found = await contentOf(machine, log)
    if (found !== promised) throw new Error(`${found}, not ${promised}`)
    // What isn't safe yet isn't cleaned.
    await machine.flush(log)
    await clean(machine, log)
    const cleaned = await contentOf(machine, log)
    if (cleaned !== promised) throw new Error(`cleaned: ${cleaned}, not ${promised}`)
    machine.crash(losses)
  }
}

export const compactionStory: Story<string> = { name: 'cleaner swap', tell, check }
