import t from 'tap'
import { ApiKey, apiName } from '../../../src/protocol/api-keys.js'
import { apis } from '../../../src/protocol/apis.js'
import {
  decodeRequestHeader,
  encodeRequestFrame,
  encodeResponseFrame,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../../src/protocol/codec/headers.js'
import { annotate, decode, encodeToBuffer } from '../../../src/protocol/codec/index.js'
import { ErrorCode, errorName, KafkaError } from '../../../src/protocol/errors.js'
import {
  groupRecords,
  metadataRecords,
  shareStateRecords,
  transactionRecords,
} from '../../../src/protocol/record-types.js'
import { ApiVersionsRequest } from '../../../src/protocol/schema/api-versions.js'
import { FetchResponse } from '../../../src/protocol/schema/fetch.js'
import { HeartbeatRequest, HeartbeatResponse } from '../../../src/protocol/schema/heartbeat.js'
import { MetadataRequest } from '../../../src/protocol/schema/metadata.js'
import { allMessages } from './all-messages.js'

t.test('the registry', async (t) => {
  t.test('has every API but the four that were for ZooKeeper', async (t) => {
    const gone = Object.values(ApiKey).filter((key) => !apis.has(key))
    t.strictSame(gone.map(apiName), [
      'LeaderAndIsr',
      'StopReplica',
      'UpdateMetadata',
      'ControlledShutdown',
    ])
    t.equal(apiName(93), undefined)
  })

  t.test('pairs requests and responses of the same versions', async (t) => {
    for (const { name, key, request, response } of apis.values()) {
      t.strictSame([request.name, response.name], [`${name}Request`, `${name}Response`])
      t.strictSame([request.key, response.key], [key, key])
      t.strictSame(request.versions, response.versions, name)
    }
  })

  t.test('advertises what Apache Kafka does', async (t) => {
    const differing = [...apis.values()].filter(
      ({ request }) =>
        request.advertised.min !== request.versions.min ||
        request.advertised.max !== request.versions.max,
    )
    t.strictSame(
      differing.map(({ name, request }) => [name, request.advertised]),
      [
        ['Produce', { min: 0, max: 13 }],
        ['InitProducerId', { min: 0, max: 5 }],
      ],
    )
  })

  t.test('knows the records of every log', async (t) => {
    t.equal(metadataRecords.get(2)?.name, 'TopicRecord')
    t.equal(metadataRecords.size, 26)
    t.equal(groupRecords.get(1)?.value.name, 'OffsetCommitValue')
    t.equal(groupRecords.size, 22)
    t.equal(transactionRecords.get(0)?.key.name, 'TransactionLogKey')
    t.equal(shareStateRecords.get(1)?.value.name, 'ShareUpdateValue')
  })

  t.test('has no two messages of one name', async (t) => {
    t.equal(new Set(allMessages.map(({ name }) => name)).size, allMessages.length)
  })
})

t.test('headers', async (t) => {
  t.test('have the version that the API version asks for', async (t) => {
    t.strictSame([requestHeaderVersion(12, 3), requestHeaderVersion(12, 4)], [1, 2])
    t.strictSame([responseHeaderVersion(12, 3), responseHeaderVersion(12, 4)], [0, 1])
    t.equal(requestHeaderVersion(ApiKey.SaslHandshake, 1), 1)
  })

  t.test('of ApiVersions are such that any client can read the answer', async (t) => {
    t.strictSame(
      [2, 3, 99].map((v) => requestHeaderVersion(ApiKey.ApiVersions, v)),
      [1, 2, 2],
    )
    t.strictSame(
      [2, 3, 99].map((v) => responseHeaderVersion(ApiKey.ApiVersions, v)),
      [0, 0, 0],
    )
  })

  t.test('of an unknown API cannot be read', async (t) => {
    t.throws(() => requestHeaderVersion(93, 0), RangeError)
    const frame = Buffer.from('005d 0000 00000001 ffff'.replaceAll(' ', ''), 'hex')
    t.throws(() => decodeRequestHeader(frame), { name: 'DecodeError' })
    t.throws(() => decodeRequestHeader(frame.subarray(0, 3)), { name: 'DecodeError' })
  })
})

t.test('frames', async (t) => {
  t.test('of a request', async (t) => {
    const body = { groupId: 'g', generationId: 1, memberId: 'm' }
    const header = { correlationId: 7, clientId: 'me' }
    for (const version of [0, 4]) {
      const frame = Buffer.concat(encodeRequestFrame(HeartbeatRequest, version, header, body))
      t.equal(frame.readInt32BE(0), frame.length - 4)
      const decoded = decodeRequestHeader(frame, 4)
      t.strictSame(decoded.header, {
        requestApiKey: 12,
        requestApiVersion: version,
        correlationId: 7,
        clientId: 'me',
      })
      const request = decode(HeartbeatRequest, version, frame, decoded.bodyOffset)
      t.strictSame(request.value, { ...body, groupInstanceId: null })
      t.equal(request.end, frame.length)
    }
  })

  t.test('of a response', async (t) => {
    const frame = Buffer.concat(encodeResponseFrame(HeartbeatResponse, 4, 7, { errorCode: 27 }))
    t.equal(frame.toString('hex'), '0000000c000000070000000000001b00')
  })

  t.test('keep record bytes as they are, and count them', async (t) => {
    const batches = Buffer.alloc(2_000)
    const partition = {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 5,
      abortedTransactions: null,
    }
    const chunks = encodeResponseFrame(FetchResponse, 12, 1, {
      responses: [{ topic: 't', partitions: [{ ...partition, records: batches }] }],
    })
    t.ok(chunks.includes(batches))
    t.equal(chunks[0]!.readInt32BE(0), Buffer.concat(chunks).length - 4)
  })
})

t.test('annotate', async (t) => {
  t.test('says what every byte is', async (t) => {
    const bytes = encodeToBuffer(MetadataRequest, 12, {
      topics: [{ name: 'tea' }],
      unknownTags: [{ tag: 9, data: Buffer.from([1, 2]) }],
    })
    const found = annotate(MetadataRequest, 12, bytes)
    t.strictSame(
      found.map(({ path, length, type, value }) => [path, length, type, value]),
      [
        ['topics', 1, 'array', 1],
        ['topics[0].topicId', 16, 'uuid', 'AAAAAAAAAAAAAAAAAAAAAA'],
        ['topics[0].name', 4, 'string', 'tea'],
        ['topics[0]', 1, 'tag count', 0],
        ['allowAutoTopicCreation', 1, 'bool', true],
        ['includeTopicAuthorizedOperations', 1, 'bool', false],
        ['', 1, 'tag count', 1],
        ['', 1, 'tag', 9],
        ['', 1, 'tag size', 2],
        ['', 2, 'unknown tag', Buffer.from([1, 2])],
      ],
    )
  })

  t.test('stops where the bytes make no sense', async (t) => {
    const bytes = Buffer.from([0x06, 0x61, 0x62])
    t.match(annotate(ApiVersionsRequest, 3, bytes), [
      { offset: 0, length: 3, type: 'malformed', value: /clientSoftwareName takes 5 bytes/ },
    ])
  })

  t.test('gives no more than it is asked for', async (t) => {
    const topics = Array.from({ length: 100 }, () => ({ name: 'x' }))
    const bytes = encodeToBuffer(MetadataRequest, 1, { topics })
    const found = annotate(MetadataRequest, 1, bytes, 0, 10)
    t.equal(found.length, 11)
    t.match(found.at(-1), { type: 'omitted', offset: 4 + 27, length: bytes.length - 31 })
  })
})

t.test('errors', async (t) => {
  t.equal(errorName(ErrorCode.NOT_LEADER_OR_FOLLOWER), 'NOT_LEADER_OR_FOLLOWER')
  t.equal(errorName(-1), 'UNKNOWN_SERVER_ERROR')
  t.equal(errorName(9_999), 'ERROR_9999')
  t.match(new KafkaError(ErrorCode.INVALID_CONFIG), { code: 40, message: 'INVALID_CONFIG' })
  t.match(new KafkaError(ErrorCode.INVALID_CONFIG, 'no'), { code: 40, message: 'no' })
})
