import t from 'tap'
import { DiskError } from '../../../src/env/disk.js'
import { MemoryDisk } from '../../../src/env/disk-memory.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { FaultyDisk } from '../../../src/testing/faulty-disk.js'
import { until } from '../../support/until.js'
import { Fixture, metadataBody } from './broker-fixture.js'

t.test('down and up again: connections end, the port refuses, then takes them', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  await fixture.createTopic('orders')
  const client = fixture.client()
  await client.produce({ orders: [0] })
  const address = broker.bootstrapServers
  const down = await broker.faults.down()
  t.match(await client.send('Metadata', 9, metadataBody([])), { kind: 'closed' })
  await t.rejects(fixture.client().ask('Metadata', 9, metadataBody([])), /ECONNREFUSED/)
  t.equal(await broker.topic('orders').count(), 1, 'one can still look')
  t.ok(down.isActive)
  await broker.faults.up()
  t.notOk(down.isActive)
  t.equal(broker.bootstrapServers, address)
  await fixture.client().produce({ orders: [0] })
  t.equal(await broker.topic('orders').count(), 2)
})

t.test('a fenced broker leads nothing, until it is let in again', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  await fixture.createTopic('orders')
  const client = fixture.client()
  const fault = await broker.faults.fenceBroker()
  const fenced = await client.ask('Metadata', 9, metadataBody(['orders']))
  t.match(fenced, { brokers: { length: 0 }, topics: [{ partitions: [{ leaderId: -1 }] }] })
  await fault.stop()
  const { topics } = await client.ask('Metadata', 9, metadataBody(['orders']))
  t.match(topics, [{ partitions: [{ leaderId: broker.nodeId, leaderEpoch: 2 }] }])
  await client.produce({ orders: [0] })
  t.equal(await broker.topic('orders').count(), 1)
})

t.test('a broker that is down or fenced is so after a restart, too', async (t) => {
  const fixture = await Fixture.start(t)
  const { broker } = fixture
  const refused = () => fixture.client().ask('Metadata', 9, metadataBody([]))
  const down = await broker.faults.down()
  await broker.restart()
  await t.rejects(refused(), /ECONNREFUSED/)
  await down.stop()
  const fenced = await broker.faults.fenceBroker()
  await broker.restart()
  t.match(await fixture.client().ask('Metadata', 9, metadataBody([])), { brokers: { length: 0 } })
  await fenced.stop()
  t.match(await fixture.client().ask('Metadata', 9, metadataBody([])), { brokers: { length: 1 } })
})

t.test('a fenced producer', async (t) => {
  const fixture = await Fixture.start(t)
  const client = fixture.client()
  await fixture.createTopic('orders')
  await client.ask('FindCoordinator', 4, { keyType: 1, coordinatorKeys: ['payer'] })
  const ask = { transactionalId: 'payer', transactionTimeoutMs: 10_000 }
  const { producerId, producerEpoch } = await until(async () => {
    const answer = await client.ask('InitProducerId', 2, ask)
    return answer.errorCode === ErrorCode.NONE ? answer : undefined
  }, 'the coordinator')
  const fencing = await fixture.broker.faults.fenceProducer('payer')
  t.equal(fencing.producerId, producerId)
  t.ok(fencing.producerEpoch > producerEpoch)
  const answer = await client.ask('AddPartitionsToTxn', 2, {
    v3AndBelowTransactionalId: 'payer',
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
  })
  t.match(answer.resultsByTopicV3AndBelow[0].resultsByPartition, [
    { partitionErrorCode: ErrorCode.PRODUCER_FENCED },
  ])
})

t.test('a full disk: producers are told, and it is said that the broker has failed', async (t) => {
  const failures: Error[] = []
  const fixture = await Fixture.start(t, { onFailure: (error) => failures.push(error) })
  const { broker } = fixture
  await fixture.createTopic('orders')
  await fixture.client().produce({ orders: [0] })
  const fault = broker.faults.diskFull({ path: '/orders-0/' })
  const { responses } = await fixture.client().produce({ orders: [0] })
  t.match(responses[0].partitionResponses, [{ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }])
  t.ok(fault.hits > 0)
  await until(() => failures.length > 0, 'the failure')
  await fault.stop()
  await broker.restart()
  await fixture.client().produce({ orders: [0] })
  t.equal(await broker.topic('orders').count(), 2, 'after a restart it goes on')
})

t.test('with a second directory for the data, its failure leaves the broker up', async (t) => {
  const fixture = await Fixture.start(t, { config: { 'log.dirs': '/first,/second' } })
  const { broker } = fixture
  for (let n = 0; n < 4; n++) await fixture.createTopic(`t${n}`)
  const produced = async (topic: string) => {
    const { responses } = await fixture.client().produce({ [topic]: [0] })
    return responses[0].partitionResponses[0].errorCode
  }
  for (let n = 0; n < 4; n++) t.equal(await produced(`t${n}`), ErrorCode.NONE)
  broker.faults.ioError({ operation: 'write', path: '/^.second/' })
  const codes = new Set<number>()
  for (let n = 0; n < 4; n++) codes.add(await produced(`t${n}`))
  t.ok(codes.has(ErrorCode.KAFKA_STORAGE_ERROR) && codes.has(ErrorCode.NONE), 'some go on')
})

t.test('the disk: failures keep their place among completions', async (t) => {
  const slow = new SlowDisk(1_000_000)
  const disk = new FaultyDisk(slow)
  disk.makeDirectory('/data')
  const file = disk.open('/data/log', { create: true })
  const ended: string[] = []
  const write = (name: string, at: number) =>
    file.write([Buffer.from(name)], at, (error) => ended.push(`${name} ${error?.code ?? 'done'}`))
  write('a', 0)
  let operations = 0
  const stop = disk.add((operation, path) => {
    operations++
    t.equal(path, '/data/log')
    return operation === 'write' ? new DiskError('ENOSPC', 'full') : undefined
  })
  write('b', 1)
  stop()
  write('c', 2)
  t.strictSame(ended, [])
  slow.finish()
  t.strictSame(ended, ['a done', 'b ENOSPC', 'c done'])
  t.equal(operations, 1)
  t.throws(
    () => {
      const end = disk.add(() => new DiskError('EIO', 'broken'))
      try {
        disk.writeFile('/data/other', Buffer.alloc(1))
      } finally {
        end()
      }
    },
    { code: 'EIO' },
  )
  t.equal(disk.stat('/data/other'), undefined)
})

/** Whose writes end when it is said. */
class SlowDisk extends MemoryDisk {
  readonly #waiting: (() => void)[] = []

  finish(): void {
    for (const end of this.#waiting.splice(0)) end()
  }

  override open(...args: Parameters<MemoryDisk['open']>) {
    const file = super.open(...args)
    const { write } = file
    file.write = (buffers, position, done) => {
      this.#waiting.push(() => write.call(file, buffers, position, done))
    }
    return file
  }
}
