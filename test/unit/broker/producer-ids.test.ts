import t from 'tap'
import { initProducerId } from '../../../src/broker/api/init-producer-id.js'
import { ProducerIdManager } from '../../../src/broker/producer-id-manager.js'
import type { ControllerChannel } from '../../../src/controller/channel.js'
import { TransactionCoordinator } from '../../../src/coordinator/transaction/transaction-coordinator.js'
import { silentLogger } from '../../../src/env/logger.js'
import { MetadataState } from '../../../src/metadata/metadata-state.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { TRANSACTION_CONFIG } from '../coordinator/transaction-fixture.js'
import { type Body, DataPlane, NODE_ID } from './data-plane-fixture.js'

interface Block {
  readonly errorCode?: number
  readonly producerIdStart: number
  readonly producerIdLen: number
}

/** A controller that allocates these blocks in turn; it is asked when `requests` grows. */
class FakeController {
  readonly requests: unknown[] = []
  readonly channel: ControllerChannel

  constructor(private readonly blocks: Block[]) {
    const request = (api: string, _version: number, body: unknown): Promise<unknown> => {
      this.requests.push([api, body])
      const block = this.blocks.shift()
      if (block === undefined) return Promise.reject(new KafkaError(ErrorCode.NOT_CONTROLLER))
      return Promise.resolve({ throttleTimeMs: 0, errorCode: 0, ...block })
    }
    this.channel = { request } as unknown as ControllerChannel
  }
}

function managerFor({ channel }: FakeController): ProducerIdManager {
  return new ProducerIdManager({
    nodeId: NODE_ID,
    metadata: new MetadataState('cluster'),
    controller: channel,
    logger: silentLogger,
  })
}

async function take(manager: ProducerIdManager, count: number): Promise<number[]> {
  const ids: number[] = []
  for (let i = 0; i < count; i++) ids.push(await manager.generate())
  return ids
}

const rangeOf = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)

t.test('ids come out of blocks, of which the next is asked for in time', async (t) => {
  const controller = new FakeController([
    { producerIdStart: 2000, producerIdLen: 10 },
    { producerIdStart: 7000, producerIdLen: 10 },
  ])
  const manager = managerFor(controller)
  t.strictSame(await take(manager, 8), rangeOf(2000, 8))
  t.equal(controller.requests.length, 1)
  t.strictSame(await take(manager, 1), [2008])
  t.equal(controller.requests.length, 2)
  t.strictSame(await take(manager, 4), [2009, 7000, 7001, 7002])
  t.strictSame(controller.requests[0], [
    'AllocateProducerIds',
    { brokerId: NODE_ID, brokerEpoch: -1 },
  ])
})

t.test('all who wait for a block get an id of their own out of it', async (t) => {
  const controller = new FakeController([
    { producerIdStart: 0, producerIdLen: 3 },
    { producerIdStart: 100, producerIdLen: 1000 },
  ])
  const manager = managerFor(controller)
  const ids = await Promise.all(Array.from({ length: 6 }, () => manager.generate()))
  t.strictSame(ids, [0, 1, 2, 100, 101, 102])
})

t.test('a controller that gives none makes clients ask again', async (t) => {
  const controller = new FakeController([
    { errorCode: ErrorCode.STALE_BROKER_EPOCH, producerIdStart: 0, producerIdLen: 0 },
  ])
  const manager = managerFor(controller)
  const busy = { code: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
  await t.rejects(manager.generate(), busy)
  await t.rejects(manager.generate(), busy, 'nor one that cannot be reached')
})

t.test('InitProducerId', async (t) => {
  const plane = await DataPlane.start(t)
  const producerIds = managerFor(new FakeController([{ producerIdStart: 5, producerIdLen: 1000 }]))
  const transactions = new TransactionCoordinator({
    clocks: plane.clocks,
    logger: silentLogger,
    config: TRANSACTION_CONFIG,
    producerIds,
    markers: { writeMarkers: () => Promise.reject(new Error('nobody to send to')) },
    transactionVersion: () => 2,
  })
  t.teardown(() => transactions.close())
  const handler = initProducerId({ ...plane, transactions })
  const ask = async (more: object = {}) => {
    const body = { transactionalId: null, transactionTimeoutMs: 1000, ...more }
    const answer = (await plane.ask(handler, 5, body)) as Body
    return [answer.errorCode, answer.producerId, answer.producerEpoch]
  }
  t.strictSame(await ask(), [0, 5, 0])
  t.strictSame(await ask({ producerId: 5, producerEpoch: 3 }), [0, 6, 0], 'always a new one')
  t.strictSame(await ask({ producerId: 5 }), [ErrorCode.INVALID_REQUEST, -1, -1])
  t.strictSame(await ask({ producerEpoch: 0 }), [ErrorCode.INVALID_REQUEST, -1, -1])
  const transactional = (more: object) => ask({ transactionalId: 'orders', ...more })
  t.strictSame(await transactional({}), [ErrorCode.NOT_COORDINATOR, -1, -1])
  t.strictSame(await transactional({ transactionTimeoutMs: 0 }), [50, -1, -1])
  t.strictSame(await transactional({ transactionTimeoutMs: 900_001 }), [50, -1, -1])
  t.strictSame(await ask({ transactionalId: '' }), [ErrorCode.INVALID_REQUEST, -1, -1])
})
