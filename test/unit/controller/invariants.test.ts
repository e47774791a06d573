import t from 'tap'
import { fence } from '../../../src/controller/broker-fencing.js'
import { isActive } from '../../../src/controller/leadership.js'
import { type Random, seededRandom } from '../../../src/env/random.js'
import type { PartitionImage } from '../../../src/metadata/topic.js'
import { Cluster, uuid } from './cluster.js'

const BROKERS = [1, 2, 3, 4]
const STEPS = 150
const SEEDS = 20

const isWithin = (some: readonly number[], all: readonly number[]): boolean =>
  some.every((id) => all.includes(id))

/** What must hold of a partition, whatever happened to the brokers before. */
const invariants: Record<string, (partition: PartitionImage, cluster: Cluster) => boolean> = {
  'a leader serves': ({ leader }, { state }) => leader === -1 || isActive(state, leader),
  'a leader is in sync': ({ leader, isr }) => leader === -1 || isr.includes(leader),
  'who is in sync serves': ({ isr }, { state }) => isr.every((id) => isActive(state, id)),
  'who is in sync or eligible is a replica': ({ isr, elr, replicas }) =>
    isWithin([...isr, ...elr], replicas),
  'nobody is both in sync and eligible': ({ isr, elr }) => !elr.some((id) => isr.includes(id)),
  'nobody is named twice': ({ isr, elr }) =>
    new Set([...isr, ...elr]).size === isr.length + elr.length,
  'there is a leader while somebody is in sync': ({ leader, isr }) =>
    isr.length === 0 || leader !== -1,
  'there is a leader while somebody eligible serves': ({ leader, elr }, { state }) =>
    leader !== -1 || !elr.some((id) => isActive(state, id)),
  'the last leader is remembered while there is none': ({ leader, lastKnownElr }) =>
    (leader === -1) === (lastKnownElr.length === 1),
  'with enough in sync nobody else need be eligible': ({ isr, elr }) =>
    isr.length < 2 || elr.length === 0,
}

/** Does one thing that can happen to a cluster, and says which. */
function step(cluster: Cluster, random: Random): string {
  const id = BROKERS[random.int(BROKERS.length)]!
  const broker = cluster.state.brokers.get(id)!
  switch (random.int(6)) {
    case 0:
      cluster.apply(broker.fenced ? [] : fence(cluster.context, broker))
      return `the session of ${id} ends`
    case 1: {
      const { errorCode, shouldShutDown } = cluster.heartbeat(id, { wantShutDown: true }).response
      if (shouldShutDown) cluster.liveness.remove(id)
      return `${id} wants to stop (${errorCode}, ${shouldShutDown})`
    }
    case 2:
    case 3: {
      const clean = random.int(2) === 0
      cluster.liveness.remove(id)
      cluster.register(id, {
        incarnationId: uuid(`${cluster.nextOffset}`),
        previousBrokerEpoch: clean && broker.fenced ? broker.epoch : -1,
      })
      return `${id} starts anew, ${clean ? 'after a clean stop' : 'after a crash'}`
    }
    case 4:
      cluster.heartbeat(id)
      return `${id} is heard of`
    default:
      return `the leader of ${catchUp(cluster, random)} sees all who serve in sync`
  }
}

/** The leader of a partition tells that all replicas that serve are in sync with it. */
function catchUp(cluster: Cluster, random: Random): string {
  const topics = [...cluster.state.topicsByName.values()]
  const topic = topics[random.int(topics.length)]!
  const { leader, leaderEpoch, partitionEpoch, replicas } = topic.partitions.get(0)!
  if (leader === -1) return 'nothing'
  const isr = replicas.filter((id) => isActive(cluster.state, id))
  const { response } = cluster.ask('AlterPartition', {
    brokerId: leader,
    brokerEpoch: cluster.state.brokers.get(leader)!.epoch,
    topics: [
      {
        topicId: topic.id,
        partitions: [
          {
            partitionIndex: 0,
            leaderEpoch,
            partitionEpoch,
            newIsrWithEpochs: isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
          },
        ],
      },
    ],
  })
  return `${topic.name} (${response.topics[0]!.partitions[0]!.errorCode})`
}

t.test('whatever happens to brokers, partitions stay in order', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seededRandom(seed)
    const cluster = new Cluster()
    for (const id of BROKERS) cluster.start(id)
    const configs = [{ name: 'min.insync.replicas', value: '2' }]
    for (let i = 0; i < 4; i++) cluster.create(`t${i}`, 1, 3, { configs })
    const story: string[] = []
    for (let i = 0; i < STEPS; i++) {
      story.push(step(cluster, random))
      for (const { name, partitions } of cluster.state.topicsByName.values()) {
        const partition = partitions.get(0)!
        const broken = Object.entries(invariants).filter(([, holds]) => !holds(partition, cluster))
        if (broken.length === 0) continue
        t.fail(`seed ${seed}: ${broken.map(([what]) => what).join(', ')}`, {
          name,
          partition,
          story: story.slice(-8),
        })
        return
      }
    }
  }
  t.pass(`${SEEDS} seeds`)
})
