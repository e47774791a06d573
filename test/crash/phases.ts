import { setTimeout as delay } from 'node:timers/promises'
import type { Samsa } from '../command/samsa.js'
import type { ClassicPair, ConsumerPair } from './group-members.js'
import { atOnceWhen, logSize } from './on-disk.js'
import type { TransactionalWriter } from './transactions.js'
import { Caller, Gone } from './workload.js'

/** What the killed one was writing to, alone; many partitions, so that a part may be written. */
export const STAGE = 'stage'
export const STAGE_PARTITIONS = 60
/** Of `__transaction_state`, in which nobody else has transactions. */
export const STAGE_STATE_PARTITION = 0
/** How long after a request was sent the broker is killed, at most. */
const MAX_DELAY_MS = 4

/** What a phase is played with. */
export interface Play {
  readonly samsa: Samsa
  readonly port: number
  /** Where its logs are. */
  readonly data: string
  readonly below: (bound: number) => number
  readonly writer: TransactionalWriter
  readonly classic: ClassicPair
  readonly consumers: ConsumerPair
  /** How long the logs of {@link STAGE} were when the last transaction had written to them. */
  sizes: readonly number[]
}

/** Comes to where its name says, and kills the broker there. */
type Phase = (play: Play) => Promise<void>

const kill = async ({ samsa }: Play): Promise<void> => {
  await samsa.kill('SIGKILL')
}

/** Kills the broker a moment after something was asked that then has no answer. */
async function killDuring(play: Play, asked: Promise<unknown>): Promise<void> {
  const answered = whatever(asked)
  await delay(play.below(MAX_DELAY_MS))
  await kill(play)
  await answered
}

async function whatever(asked: Promise<unknown>): Promise<void> {
  try {
    await asked
  } catch (error) {
    if (!(error instanceof Gone)) throw error
  }
}

const withCaller =
  (phase: (play: Play, caller: Caller) => Promise<void>): Phase =>
  async (play) => {
    const caller = new Caller(play.port)
    try {
      await phase(play, caller)
    } finally {
      caller.close()
    }
  }

/** A transaction that has written to all partitions. */
async function begin(play: Play, caller: Caller): Promise<void> {
  const { writer } = play
  await writer.recover(caller)
  writer.begin()
  for (let partition = 0; partition < STAGE_PARTITIONS; partition++) {
    await writer.write(caller, partition, 1)
  }
  play.sizes = stageSizes(play.data)
}

const stateSize = ({ data }: Play) => logSize(data, '__transaction_state', STAGE_STATE_PARTITION)

export function stageSizes(data: string): number[] {
  return Array.from({ length: STAGE_PARTITIONS }, (_, partition) => logSize(data, STAGE, partition))
}

/** Ends the transaction, and kills the broker as soon as a file has grown. */
async function endUntilGrown(play: Play, caller: Caller, sizes: () => readonly number[]) {
  await begin(play, caller)
  await play.writer.addOffset(caller)
  const before = sizes()
  const ended = whatever(play.writer.end(caller, play.below(2) === 0))
  await atOnceWhen(() => sizes().some((size, i) => size > before[i]!), 'the end to be written')
  await kill(play)
  await ended
}

export const transactionPhases: Readonly<Record<string, Phase>> = {
  open: withCaller(async (play, caller) => {
    await begin(play, caller)
    await kill(play)
  }),
  'offsets added': withCaller(async (play, caller) => {
    await begin(play, caller)
    await play.writer.addOffset(caller)
    await kill(play)
  }),
  'EndTxn sent': withCaller(async (play, caller) => {
    await begin(play, caller)
    await play.writer.addOffset(caller)
    await killDuring(play, play.writer.end(caller, play.below(2) === 0))
  }),
  prepared: withCaller((play, caller) => endUntilGrown(play, caller, () => [stateSize(play)])),
  'markers partly written': withCaller((play, caller) =>
    // To look at all of them would take longer than to write them.
    endUntilGrown(play, caller, () => [logSize(play.data, STAGE, 0), logSize(play.data, STAGE, 1)]),
  ),
  complete: withCaller(async (play, caller) => {
    await begin(play, caller)
    await play.writer.addOffset(caller)
    await play.writer.end(caller, play.below(2) === 0)
    await kill(play)
  }),
}

export const classicPhases: Readonly<Record<string, Phase>> = {
  joining: withCaller(async (play, caller) => {
    await play.classic.settle(play.port)
    // The other member doesn't come back, so that this one waits.
    const leader = play.classic.members.find(({ isLeader }) => isLeader)
    await killDuring(play, play.classic.join(caller, leader!))
  }),
  syncing: async (play) => {
    const { classic, port } = play
    const callers = [new Caller(port), new Caller(port)] as const
    await classic.settle(port)
    await classic.rejoin(callers)
    const follower = classic.members.findIndex(({ isLeader }) => !isLeader)
    await killDuring(play, classic.sync(callers[follower]!, classic.members[follower]!))
    for (const caller of callers) caller.close()
  },
  stable: async (play) => {
    await play.classic.settle(play.port)
    await kill(play)
  },
}

export const consumerPhases: Readonly<Record<string, Phase>> = {
  joining: withCaller(async (play, caller) => {
    const [first, second] = play.consumers.members
    await play.consumers.settle(play.port)
    await second.leave(caller)
    await first.heartbeat(caller)
    await killDuring(play, second.heartbeat(caller))
  }),
  reconciling: withCaller(async (play, caller) => {
    const [first, second] = play.consumers.members
    await play.consumers.settle(play.port)
    await second.leave(caller)
    // The one that stays is given all, and is told to give back what the other one is to have.
    while (first.partitions.length <= second.partitions.length) await first.heartbeat(caller)
    await second.heartbeat(caller)
    await first.heartbeat(caller)
    await kill(play)
  }),
}
