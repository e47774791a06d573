import { ApiKey } from '../../../src/protocol/api-keys.js'
import { CompressionType, crc32c } from '../../../src/protocol/records/index.js'
import type { AskOptions, Conversation } from '../conversation.js'
import { batchOf, createTopic, NO_TOPIC_ID, THEN_MS, WITHOUT_RETENTION } from '../fixtures.js'
import { type Script, topicName, versionsOf } from '../script.js'

/** Produce in every version: what is taken, and each reason for which it is refused. */
export const produce: Script = {
  name: 'produce',
  config: WITHOUT_RETENTION,
  async run(t) {
    await advertisedOnly(t)
    for (const version of versionsOf(ApiKey.Produce)) await eachVersion(t, version)
    await acks(t)
    await idempotent(t)
    await timestamps(t)
    await compacted(t)
    await limits(t)
    for (const version of versionsOf(ApiKey.InitProducerId)) await producerIds(t, version)
  },
}

class Producer {
  constructor(
    private readonly t: Conversation,
    private readonly version: number,
    private readonly name: string,
    private readonly topicId: string,
  ) {}

  ask(
    label: string,
    records: Buffer | null,
    more: object = {},
    index = 0,
    options: AskOptions = {},
  ) {
    return this.t.ask(label, ApiKey.Produce, this.version, this.body(records, more, index), {
      on: `produce ${label}`,
      ...options,
    })
  }

  body(records: Buffer | null, more: object = {}, index = 0): object {
    const topic = this.version >= 13 ? { topicId: this.topicId } : { name: this.name }
    return {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ ...topic, partitionData: [{ index, records }] }],
      ...more,
    }
  }
}

function changed(batch: Buffer, change: (copy: Buffer) => void, mend = true): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  if (mend) copy.writeUInt32BE(crc32c(copy, 21, copy.length) >>> 0, 17)
  return copy
}

/** Old librdkafka wants to see versions 0 to 2 in ApiVersions; using them ends the connection. */
async function advertisedOnly(t: Conversation): Promise<void> {
  for (const version of [0, 1, 2]) {
    const client = t.connection(`produce ${version}`)
    t.record(
      `no longer served: Produce v${version}`,
      await client.sendBytes(ApiKey.Produce, version, [Buffer.alloc(10)]),
    )
  }
}

async function eachVersion(t: Conversation, version: number): Promise<void> {
  const name = topicName('produce', version)
  const topicId = await createTopic(t, name, 2)
  const producer = new Producer(t, version, name, topicId)
  const batch = batchOf(['one', 'two', 'three'])
  await producer.ask('a batch', batch)
  await producer.ask('another', batch)
  await producer.ask('an unknown partition', batch, {}, 7)
  const stranger = new Producer(t, version, `${name}-no`, NO_TOPIC_ID)
  await stranger.ask('an unknown topic', batch)
  const nobody = new Producer(t, version, 'a b', 'AAAAAAAAAAAAAAAAAAAAAA')
  await nobody.ask('a bad topic', batch)
  await producer.ask('no records', null, {}, 0, {
    timeoutMs: 2_000,
    deviation: 'unanswered-requests',
  })
  await producer.ask('empty records', Buffer.alloc(0))
  await producer.ask('two batches', Buffer.concat([batch, batch]))
  await producer.ask(
    'a bad checksum',
    changed(batch, (b) => b.writeUInt8(b[60]! ^ 1, 60), false),
  )
  await producer.ask('cut short', batch.subarray(0, batch.length - 4))
  await producer.ask('only a header', batch.subarray(0, 61))
  await producer.ask('less than a header', batch.subarray(0, 30))
  await producer.ask('bytes after it', Buffer.concat([batch, Buffer.alloc(5)]))
  await producer.ask(
    'a length of 0',
    changed(batch, (b) => b.writeInt32BE(0, 8)),
  )
  await producer.ask(
    'a giant length',
    changed(batch, (b) => b.writeInt32BE(0x7ffffff0, 8)),
  )
  await producer.ask(
    'the greatest length',
    changed(batch, (b) => b.writeInt32BE(0x7fffffff, 8)),
  )
  await producer.ask(
    'a negative length',
    changed(batch, (b) => b.writeInt32BE(-9, 8)),
  )
  for (const magic of [0, 1, 3]) {
    await producer.ask(
      `magic ${magic}`,
      changed(batch, (b) => b.writeInt8(magic, 16)),
    )
  }
  await producer.ask(
    'too few records',
    changed(batch, (b) => b.writeInt32BE(2, 57)),
  )
  await producer.ask(
    'too many records',
    changed(batch, (b) => b.writeInt32BE(4, 57)),
  )
  await producer.ask(
    'no record',
    changed(batch.subarray(0, 61), (b) => {
      b.writeInt32BE(49, 8)
      b.writeInt32BE(0, 57)
    }),
  )
  await producer.ask(
    'a wrong last offset',
    changed(batch, (b) => b.writeInt32BE(5, 23)),
  )
  await producer.ask(
    'a wrong offset of a record',
    changed(batch, (b) => b.writeUInt8(8, 64)),
  )
  await producer.ask(
    'a record that is too long',
    changed(batch, (b) => b.writeUInt8(120, 61)),
  )
  await producer.ask(
    'an unknown codec',
    changed(batch, (b) => b.writeInt16BE(7, 21)),
  )
  await producer.ask('a control batch', batchOf(['x'], { control: true }))
  await producer.ask(
    'marked LogAppendTime',
    changed(batch, (b) => b.writeInt16BE(8, 21)),
  )
  await producer.ask(
    'a base offset',
    changed(batch, (b) => b.writeBigInt64BE(77n, 0), false),
  )
  for (const [codec, compression] of Object.entries(CompressionType)) {
    await producer.ask(`compressed with ${codec}`, batchOf(['a', 'b'], { compression }))
  }
  await producer.ask(
    'gzip that is none',
    changed(batch, (b) => b.writeInt16BE(1, 21)),
  )
  await t.ask(
    'two partitions',
    ApiKey.Produce,
    version,
    {
      transactionalId: null,
      acks: 1,
      timeoutMs: 10_000,
      topicData: [
        {
          ...(version >= 13 ? { topicId } : { name }),
          partitionData: [
            { index: 1, records: batch },
            { index: 0, records: batch },
            { index: 9, records: batch },
          ],
        },
      ],
    },
    { unordered: true },
  )
  await t.ask('nothing', ApiKey.Produce, version, {
    transactionalId: null,
    acks: 1,
    timeoutMs: 10_000,
    topicData: [],
  })
}

async function acks(t: Conversation): Promise<void> {
  const topicId = await createTopic(t, 'acks')
  const producer = new Producer(t, 11, 'acks', topicId)
  const batch = batchOf(['x'])
  for (const value of [2, -2, 100]) await producer.ask(`acks ${value}`, batch, { acks: value })
  const silent = t.connection('silent')
  const unanswered = await silent.send(ApiKey.Produce, 11, producer.body(batch, { acks: 0 }), {
    timeoutMs: 500,
  })
  t.record('acks 0 says nothing', unanswered)
  const failing = new Producer(t, 11, 'acks-no', NO_TOPIC_ID)
  t.record(
    'acks 0 and an error',
    await t.connection('closing').send(ApiKey.Produce, 11, failing.body(batch, { acks: 0 })),
  )
}

async function idempotent(t: Conversation): Promise<void> {
  const topicId = await createTopic(t, 'idempotent')
  const producer = new Producer(t, 11, 'idempotent', topicId)
  const init = { transactionalId: null, transactionTimeoutMs: 60_000 }
  const { producerId } = await t.quietly(ApiKey.InitProducerId, 4, init, {
    until: ({ errorCode }) => errorCode === 0,
  })
  const send = (label: string, baseSequence: number, producerEpoch = 0, values = ['a', 'b']) =>
    producer.ask(label, batchOf(values, { producerId, producerEpoch, baseSequence }))
  await send('begins past 0', 5)
  await send('first', 0)
  await send('second', 2)
  await send('second again', 2)
  await send('first again', 0)
  await send('a gap', 9)
  for (const sequence of [4, 6, 8, 10, 12]) await send(`sequence ${sequence}`, sequence)
  await send('one long past', 0)
  await send('within a known one', 12, 0, ['a'])
  await send('a newer epoch past 0', 3, 1)
  await send('a newer epoch', 0, 1)
  await send('an older epoch', 14, 0)
  await send('a negative sequence', -1, 1)
  await send('a negative epoch', 2, -1)
  await producer.ask(
    'transactional',
    batchOf(['a'], {
      producerId,
      producerEpoch: 1,
      baseSequence: 2,
      transactional: true,
    }),
    {},
    0,
  )
}

async function timestamps(t: Conversation): Promise<void> {
  const batch = batchOf(['x', 'y'])
  const limited = { 'message.timestamp.before.max.ms': '1000' }
  const topicId = await createTopic(t, 'before', 1, limited)
  await new Producer(t, 11, 'before', topicId).ask('too old', batch)
  const afterId = await createTopic(t, 'after', 1, { 'message.timestamp.after.max.ms': '1000' })
  const tomorrow = batchOf(['x'], {
    records: [{ value: Buffer.from('x'), timestamp: THEN_MS * 3 }],
  })
  await new Producer(t, 11, 'after', afterId).ask('too new', tomorrow)
  const none = batchOf([], { records: [{ value: Buffer.from('x'), timestamp: -1 }] })
  await new Producer(t, 11, 'after', afterId).ask('no timestamp', none)
  const appendId = await createTopic(t, 'append-time', 1, {
    'message.timestamp.type': 'LogAppendTime',
  })
  await new Producer(t, 11, 'append-time', appendId).ask('LogAppendTime', batch)
}

async function compacted(t: Conversation): Promise<void> {
  const topicId = await createTopic(t, 'compacted', 1, { 'cleanup.policy': 'compact' })
  const producer = new Producer(t, 11, 'compacted', topicId)
  const keyless = { value: Buffer.from('x'), timestamp: THEN_MS }
  const keyed = { ...keyless, key: Buffer.from('k') }
  await producer.ask('keyed', batchOf([], { records: [keyed] }))
  await producer.ask('keyless', batchOf([], { records: [keyed, keyless, keyed, keyless] }))
  await producer.ask(
    'keyless, compressed',
    batchOf([], {
      records: [keyless, keyed],
      compression: CompressionType.GZIP,
    }),
  )
}

async function limits(t: Conversation): Promise<void> {
  const topicId = await createTopic(t, 'small', 1, { 'max.message.bytes': '200' })
  const producer = new Producer(t, 11, 'small', topicId)
  await producer.ask('too large', batchOf(['x'.repeat(300)]))
  await producer.ask('small enough', batchOf(['x'.repeat(20)]))
  const strictId = await createTopic(t, 'strict', 1, { 'min.insync.replicas': '2' })
  const strict = new Producer(t, 11, 'strict', strictId)
  await strict.ask('too few in sync', batchOf(['x']))
  await strict.ask('too few in sync, acks 1', batchOf(['x']), { acks: 1 })
  const segmentId = await createTopic(t, 'segment', 1, {
    'segment.bytes': '1048576',
    'max.message.bytes': '3000000',
  })
  await new Producer(t, 11, 'segment', segmentId).ask(
    'larger than a segment',
    batchOf(['x'.repeat(1_500_000)]),
  )
}

async function producerIds(t: Conversation, version: number): Promise<void> {
  const ask = (label: string, more: object = {}) => {
    const body = { transactionalId: null, transactionTimeoutMs: 60_000, ...more }
    return t.ask(label, ApiKey.InitProducerId, version, body)
  }
  await ask('an id')
  await ask('another')
  await ask('no timeout', { transactionTimeoutMs: 0 })
  if (version >= 3) {
    await ask('an id that is there', { producerId: 5, producerEpoch: 3 })
    await ask('an epoch alone', { producerEpoch: 3 })
    await ask('an id alone', { producerId: 5 })
  }
  await ask('an empty transactional id', { transactionalId: '' })
  await ask('a transaction without a timeout', { transactionalId: 't', transactionTimeoutMs: 0 })
  await ask('a transaction with a timeout that is too long', {
    transactionalId: 't',
    transactionTimeoutMs: 900_001,
  })
  await ask('a transactional id', { transactionalId: 't' })
}
