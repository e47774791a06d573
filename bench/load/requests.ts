import { ApiKey } from '../../src/protocol/api-keys.js'
import { apis } from '../../src/protocol/apis.js'
import {
  encodeRequestFrame,
  ResponseHeader,
  responseHeaderVersion,
} from '../../src/protocol/codec/headers.js'
import { decode, type Message, ZERO_UUID } from '../../src/protocol/codec/index.js'
import { batchSize, buildBatch, lastOffset } from '../../src/protocol/records/index.js'
import { CreateTopicsRequest } from '../../src/protocol/schema/create-topics.js'
import { DeleteTopicsRequest } from '../../src/protocol/schema/delete-topics.js'
import { FetchRequest, FetchResponse } from '../../src/protocol/schema/fetch.js'
import {
  ListOffsetsRequest,
  type ListOffsetsResponse,
} from '../../src/protocol/schema/list-offsets.js'
import { MetadataRequest, type MetadataResponse } from '../../src/protocol/schema/metadata.js'
import { ProduceRequest } from '../../src/protocol/schema/produce.js'
import { RawConnection } from './raw-connection.js'

const METADATA_VERSION = 12
const PRODUCE_VERSION = 11
const FETCH_VERSION = 12

/** A request as it goes to the broker. */
export function requestFrame<V, I>(message: Message<V, I>, version: number, body: I): Buffer {
  const header = { correlationId: 1, clientId: 'bench' }
  return Buffer.concat(encodeRequestFrame(message, version, header, body))
}

/** The body of one answer to one request, on a connection of its own. */
export async function ask<V, I>(
  port: number,
  message: Message<V, I>,
  version: number,
  body: I,
): Promise<Record<string, unknown>> {
  let answered: (answer: Buffer) => void = () => {}
  const answer = new Promise<Buffer>((resolve) => {
    answered = resolve
  })
  const connection = await RawConnection.open(port, (_, bytes) => answered(bytes), true)
  connection.send(requestFrame(message, version, body))
  const bytes = await answer
  connection.close()
  return bodyOf(message, version, bytes)
}

/** The body of the answer to a request. */
export function bodyOf<V, I>(
  message: Message<V, I>,
  version: number,
  answer: Buffer,
): Record<string, unknown> {
  const { end } = decode(ResponseHeader, responseHeaderVersion(message.key, version), answer)
  const { response } = apis.get(message.key)!
  return decode(response as never, version, answer, end).value as Record<string, unknown>
}

/** Whether the broker answers Metadata with itself among the nodes. */
export async function answersMetadata(port: number): Promise<boolean> {
  try {
    const body = { topics: [], allowAutoTopicCreation: false }
    const answer = await ask(port, MetadataRequest, METADATA_VERSION, body)
    return (answer as MetadataResponse).brokers.length > 0
  } catch {
    // Nobody listens yet; the next attempt comes a moment later.
    await new Promise((resolve) => setTimeout(resolve, 1))
    return false
  }
}

/** Makes a topic and waits until all its partitions have a leader. */
export async function createTopic(port: number, name: string, partitions: number): Promise<void> {
  await ask(port, CreateTopicsRequest, 7, {
    topics: [
      { name, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  while ((await leaderCount(port, name)) < partitions) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** How many partitions of a topic have a leader. */
export async function leaderCount(port: number, name: string): Promise<number> {
  const body = { topics: [{ name }], allowAutoTopicCreation: false }
  const { topics } = (await ask(port, MetadataRequest, METADATA_VERSION, body)) as MetadataResponse
  return topics[0]!.partitions.filter(({ errorCode }) => errorCode === 0).length
}

/** The offset that ListOffsets answers for a timestamp of partition 0. */
export async function offsetAt(port: number, name: string, timestamp: bigint): Promise<number> {
  const { topics } = (await ask(port, ListOffsetsRequest, 7, {
    replicaId: -1,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
  })) as ListOffsetsResponse
  return topics[0]!.partitions[0]!.offset
}

export async function deleteTopic(port: number, name: string): Promise<void> {
  await ask(port, DeleteTopicsRequest, 6, {
    topics: [{ name, topicId: ZERO_UUID }],
    timeoutMs: 10_000,
  })
}

/** A Produce request with one batch of `count` records of `bytes` each, acks -1. */
export function produceFrame(
  topic: string,
  partition: number,
  count: number,
  bytes: number,
  timestamp = Date.now(),
): Buffer {
  const value = Buffer.alloc(bytes, 'samsa ')
  const records = Array.from({ length: count }, () => ({ value }))
  return requestFrame(ProduceRequest, PRODUCE_VERSION, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 30_000,
    topicData: [
      {
        name: topic,
        partitionData: [{ index: partition, records: buildBatch({ records, timestamp }) }],
      },
    ],
  })
}

/** A Fetch request for one partition, without a session. */
export function fetchFrame(
  topic: string,
  partition: number,
  fetchOffset: number,
  maxBytes: number,
): Buffer {
  return requestFrame(FetchRequest, FETCH_VERSION, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes: maxBytes }] }],
    forgottenTopicsData: [],
  })
}

/** The offset after the last record in the answer to a {@link fetchFrame}, 0 when there is none. */
export function endOfFetched(answer: Buffer): number {
  const { end } = decode(ResponseHeader, responseHeaderVersion(ApiKey.Fetch, FETCH_VERSION), answer)
  const { value } = decode(FetchResponse, FETCH_VERSION, answer, end)
  const records = value.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
  let endOffset = 0
  for (let at = 0; at < records.length; at += batchSize(records, at)) {
    endOffset = lastOffset(records, at) + 1
  }
  return endOffset
}
