import type { Test } from 'tap'
import { seededRandom } from '../../src/env/random.js'
import { Samsa } from '../command/samsa.js'
import { temporaryDirectory } from '../support/teardown.js'
import {
  Caller,
  Committer,
  Configurer,
  Creator,
  Gone,
  PARTITIONS,
  prepare,
  readCommitted,
  readPartition,
  readRetentionMs,
  readTopics,
  Writer,
} from './workload.js'

/** The kill comes after as many acknowledged batches of all writers, at most. */
const MAX_BATCHES = 400
const MAX_RECORDS_A_BATCH = 20

export type Tap = Pick<Test, 'strictSame' | 'ok' | 'equal' | 'teardown'>

class Story {
  readonly writers = Array.from({ length: PARTITIONS }, (_, partition) => new Writer(partition))
  readonly committer = new Committer()
  readonly creator = new Creator()
  readonly configurer = new Configurer()

  /** All at once, until the broker is killed: after `batches` of them have been acknowledged. */
  async untilKilled(samsa: Samsa, port: number, batches: number, below: (bound: number) => number) {
    let left = batches
    const written = () => {
      if (--left === 0) void samsa.kill('SIGKILL')
    }
    const works = [
      ...this.writers.map((writer) => async (caller: Caller) => {
        await writer.write(caller, 1 + below(MAX_RECORDS_A_BATCH))
        written()
      }),
      (caller: Caller) => this.committer.commit(caller),
      (caller: Caller) => this.creator.create(caller),
      (caller: Caller) => this.configurer.alter(caller),
    ]
    await Promise.all(works.map((work) => untilGone(port, work)))
    await samsa.ended()
  }

  /** What was acknowledged is there, once and in order; what was only sent may be. */
  async check(t: Tap, port: number, when: string): Promise<void> {
    const caller = new Caller(port)
    await checkWritten(t, caller, this.writers, when)
    const { acknowledged, sent } = this.committer
    const committed = await readCommitted(caller)
    t.ok(
      committed >= acknowledged && committed <= sent,
      `${when}: offset ${committed} of ${acknowledged} to ${sent}`,
    )
    const set = await readRetentionMs(caller)
    t.ok(
      set >= this.configurer.acknowledged && set <= this.configurer.sent,
      `${when}: retention.ms ${set} of ${this.configurer.acknowledged} to ${this.configurer.sent}`,
    )
    const topics = new Set(await readTopics(caller))
    const missing = Array.from({ length: this.creator.acknowledged }, (_, i) => `topic-${i}`)
    t.strictSame(
      missing.filter((topic) => !topics.has(topic)),
      [],
      `${when}: ${this.creator.acknowledged} topics`,
    )
    caller.close()
  }
}

/** What was acknowledged is there, once and in order; what was only sent may be. */
export async function checkWritten(
  t: Tap,
  caller: Caller,
  writers: readonly Writer[],
  when: string,
): Promise<void> {
  for (const [partition, { acknowledged, sent }] of writers.entries()) {
    const values = await readPartition(caller, partition)
    t.strictSame(
      values,
      values.map((_, i) => `${i}`),
      `${when}: partition ${partition} has each record once, in order`,
    )
    const { length } = values
    t.ok(
      length === acknowledged || length === sent,
      `${when}: ${length} of ${acknowledged} to ${sent} records`,
    )
  }
}

/** Works until the broker is gone. */
export async function untilGone(
  port: number,
  work: (caller: Caller) => Promise<void>,
): Promise<void> {
  const caller = new Caller(port)
  try {
    for (;;) await work(caller)
  } catch (error) {
    if (!(error instanceof Gone)) throw error
  } finally {
    caller.close()
  }
}

async function started(t: Tap, directory: string): Promise<{ samsa: Samsa; port: number }> {
  const samsa = new Samsa(t, directory, ['--port', '0', '--data-dir', 'data'])
  const { port } = await samsa.ready()
  return { samsa, port }
}

/**
 * The command is killed `kills` times while producers, a group and an admin are at work, each time
 * after a number of acknowledged batches that `seed` says; whatever was acknowledged before is there
 * each time it comes back, and after a clean end.
 */
export async function killUnderLoad(t: Tap, seed: number, kills: number): Promise<void> {
  const below = seededRandom(seed).int
  const directory = temporaryDirectory(t)
  const story = new Story()
  for (let kill = 1; kill <= kills; kill++) {
    const { samsa, port } = await started(t, directory)
    if (kill === 1) await prepare(new Caller(port))
    else await story.check(t, port, `after kill ${kill - 1}`)
    await story.untilKilled(samsa, port, 1 + below(MAX_BATCHES), below)
  }
  const { samsa, port } = await started(t, directory)
  await story.check(t, port, `after kill ${kills}`)
  t.equal(await samsa.kill('SIGTERM'), 143, 'a clean end')
  const last = await started(t, directory)
  await story.check(t, last.port, 'after a clean end')
  await last.samsa.kill('SIGTERM')
}
