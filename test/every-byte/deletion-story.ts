import type { Losses } from '../../src/env/losses.js'
import type { Log } from '../../src/storage/log.js'
import type { LogManager } from '../../src/storage/log-manager.js'
import { append, batchOf, logConfig, TOPIC_ID } from '../unit/storage/storage-fixture.js'
import type { Story } from './cuts.js'
import { checkConsistent, valuesIn } from './log-check.js'
import { type Machine, UPKEEP_MS } from './machine.js'

const LATER_TOPIC_ID = 'YW5vdGhlci1sYXRlci1vbg'
const DELETED = ['old 0', 'old 1', 'old 2', 'old 3']
const LATER = ['new 0', 'new 1', 'new 2']
const OTHER = ['other 0', 'other 1']
const LOG_START = 2
const config = logConfig({ segmentBytes: 200, retentionMs: -1, fileDeleteDelayMs: 10 })

/** What has been promised of the log that is deleted and of the one that takes its name. */
interface DeletionPromise {
  readonly canBeThere: boolean
  readonly mustBeThere: boolean
  /** So many records of the later log are safe. */
  readonly later: number
}

function logOf(manager: LogManager, topic: string, topicId: string): Log {
  return manager.getOrCreateLog({ topic, partition: 0 }, { topicId, config })
}

async function appendAll(machine: Machine, log: Log, values: readonly string[]): Promise<void> {
  for (const value of values) await machine.finish(append(log, batchOf([value])))
}

async function tell(machine: Machine, promise: (promised: DeletionPromise) => void): Promise<void> {
  const { manager } = await machine.boot(config)
  const other = logOf(manager, 'cats', TOPIC_ID)
  await appendAll(machine, other, OTHER)
  await machine.flush(other)
  const log = logOf(manager, 'pets', TOPIC_ID)
  await appendAll(machine, log, DELETED)
  log.updateHighWatermark(DELETED.length)
  log.advanceLogStartOffset(LOG_START)
  await machine.flush(log)
  await machine.wait(UPKEEP_MS)
  promise({ canBeThere: true, mustBeThere: true, later: 0 })
  promise({ canBeThere: true, mustBeThere: false, later: 0 })
  manager.deleteLog('pets', 0)
  // The checkpoints that follow a deletion are written.
  await machine.wait(config.fileDeleteDelayMs - 1)
  promise({ canBeThere: false, mustBeThere: false, later: 0 })
  const later = logOf(manager, 'pets', LATER_TOPIC_ID)
  await appendAll(machine, later, LATER.slice(0, 2))
  await machine.flush(later)
  promise({ canBeThere: false, mustBeThere: false, later: 2 })
  await appendAll(machine, later, LATER.slice(2))
  await machine.wait(100)
}

async function check(
  machine: Machine,
  { canBeThere, mustBeThere, later }: DeletionPromise,
  losses: Losses,
): Promise<void> {
  let before: string | undefined
  for (let life = 0; life < 2; life++) {
    const { manager, disk } = await machine.boot(config)
    const left = (disk.list('/data') ?? []).filter(({ name }) => name.endsWith('-delete'))
    if (left.length > 0) throw new Error(`there still is ${left[0]!.name}`)
    const other = valuesIn(await checkConsistent(machine, manager.log('cats', 0)!)).join()
    if (other !== OTHER.join()) throw new Error(`the other log has ${other}`)
    const log = manager.log('pets', 0)
    const values = log === undefined ? [] : valuesIn(await checkConsistent(machine, log))
    const start = log?.logStartOffset ?? 0
    const found = `${values.join()} from ${start}`
    const isDeleted = values.join() === DELETED.slice(start).join() && start === LOG_START
    const isLater = values.every((value, i) => value === LATER[i]) && start === 0
    if (mustBeThere && !isDeleted) throw new Error(`it was deleted of itself: ${found}`)
    if (!mustBeThere && !isLater && !(canBeThere && isDeleted)) throw new Error(found)
    if (isLater && values.length < later) throw new Error(`${found}, of ${later} safe records`)
    if (before !== undefined && found !== before) throw new Error(`${found}, before ${before}`)
    before = found
    machine.crash(losses)
  }
}

export const deletionStory: Story<DeletionPromise> = { name: 'topic deletion', tell, check }
