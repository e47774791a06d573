import {
  type Answer,
  CLOSE_CONNECTION,
  NO_ANSWER,
  type Peer,
  PooledAnswer,
  type RequestContext,
} from '../../broker/handler.js'
import type { Answered, Exchange, Proceed, RequestInterceptor } from '../../broker/interceptor.js'
import type { Clock } from '../../env/clock.js'
import { ApiKey, apiName } from '../../protocol/api-keys.js'
import { ErrorCode } from '../../protocol/errors.js'
import { batchesOf, MAGIC_V2, magic, recordsCount } from '../../protocol/records/index.js'
import type { FetchResponse } from '../../protocol/schema/fetch.js'
import type { ProduceRequest, ProduceResponse } from '../../protocol/schema/produce.js'
import { errorsIn } from '../response-errors.js'
import { Histogram } from './histogram.js'

const NO_ERROR = 'NONE'
/** Topics that are counted by themselves; all of them are in the sum. */
const MAX_TOPICS = 10_000

/** What went in and out of a topic, or of all of them (Kafka's `BrokerTopicMetrics`). */
export class TopicTraffic {
  messagesIn = 0
  bytesIn = 0
  bytesOut = 0
  produceRequests = 0
  failedProduceRequests = 0
  fetchRequests = 0
  failedFetchRequests = 0
}

/** Records as they are answered: in one piece or several. */
type Bytes = Buffer | readonly Buffer[] | null

/** Counts requests, and what they bring and take. */
export class RequestMetrics implements RequestInterceptor {
  /** By API and version. */
  readonly requests = new Map<string, Map<number, number>>()
  /** By API and error; `NONE` for a response without one. */
  readonly errors = new Map<string, Map<string, number>>()
  /** Milliseconds from a request's arrival to its response, by API. */
  readonly totalTimes = new Map<string, Histogram>()
  readonly traffic = new TopicTraffic()
  readonly topics = new Map<string, TopicTraffic>()
  /** Open connections that have asked something, by listener. */
  readonly connections = new Map<string, number>()
  readonly #peers = new WeakSet<Peer>()
  readonly #arrivals = new WeakMap<RequestContext, number>()

  /**
   * @param clock the machine's
   * @param topicName of a topic's id
   */
  constructor(
    private readonly clock: Clock,
    private readonly topicName: (id: string) => string | undefined,
  ) {}

  intercept({ context }: Exchange, proceed: Proceed): Answer<unknown> | Promise<Answer<unknown>> {
    this.#arrivals.set(context, this.clock.now())
    this.#meet(context.peer)
    return proceed()
  }

  answered({ context, request }: Exchange, { answer }: Answered): void {
    const api = apiName(context.apiKey)!
    count(inner(this.requests, api), context.apiVersion)
    const arrivedMs = this.#arrivals.get(context) ?? this.clock.now()
    const times = this.totalTimes.get(api) ?? new Histogram()
    this.totalTimes.set(api, times)
    times.add(this.clock.now() - arrivedMs)
    if (answer === CLOSE_CONNECTION) return
    const response = answer instanceof PooledAnswer ? answer.message : answer
    if (context.apiKey === ApiKey.Produce) {
      this.#produced(request as ProduceRequest, response as ProduceResponse | typeof NO_ANSWER)
    }
    // Nobody gets what is fetched for a client that has gone.
    if (response === NO_ANSWER) return
    this.#countErrors(api, response)
    if (context.apiKey === ApiKey.Fetch) this.#fetched(response as FetchResponse)
  }

  /** Forgets topics that are no more. */
  keepOnly(isThere: (topic: string) => boolean): void {
    for (const topic of this.topics.keys()) if (!isThere(topic)) this.topics.delete(topic)
  }

  #meet(peer: Peer): void {
    if (this.#peers.has(peer)) return
    this.#peers.add(peer)
    count(this.connections, peer.listener)
    peer.closeListeners.add(() => count(this.connections, peer.listener, -1))
  }

  #countErrors(api: string, response: unknown): void {
    const found = errorsIn(response)
    for (const error of found.length === 0 ? [NO_ERROR] : found) {
      count(inner(this.errors, api), error)
    }
  }

  #produced(request: ProduceRequest, response: ProduceResponse | typeof NO_ANSWER): void {
    // A fault has held it until its client had gone.
    if (response === NO_ANSWER && request.acks !== 0) return
    const accepted = response === NO_ANSWER ? undefined : acceptedPartitions(response)
    for (const { name, topicId, partitionData } of request.topicData) {
      const topic = name || this.topicName(topicId)
      for (const { index, records } of partitionData) {
        const isAccepted = accepted?.has(`${name || topicId}/${index}`) ?? true
        const { messages, bytes } = contentOf(records)
        for (const traffic of this.#of(topic)) {
          traffic.produceRequests++
          if (isAccepted) {
            traffic.messagesIn += messages
            traffic.bytesIn += bytes
          } else traffic.failedProduceRequests++
        }
      }
    }
  }

  #fetched({ responses }: FetchResponse): void {
    for (const { topic, topicId, partitions } of responses) {
      const traffics = this.#of(topic || this.topicName(topicId))
      for (const { errorCode, records } of partitions) {
        for (const traffic of traffics) {
          traffic.fetchRequests++
          if (errorCode === ErrorCode.NONE) traffic.bytesOut += lengthOf(records)
          else traffic.failedFetchRequests++
        }
      }
    }
  }

  /** Those in which a topic counts. */
  #of(topic: string | undefined): readonly TopicTraffic[] {
    if (topic === undefined) return [this.traffic]
    const known = this.topics.get(topic)
    if (known !== undefined) return [this.traffic, known]
    if (this.topics.size >= MAX_TOPICS) return [this.traffic]
    const traffic = new TopicTraffic()
    this.topics.set(topic, traffic)
    return [this.traffic, traffic]
  }
}

function acceptedPartitions({ responses }: ProduceResponse): ReadonlySet<string> {
  const accepted = new Set<string>()
  for (const { name, topicId, partitionResponses } of responses) {
    for (const { index, errorCode } of partitionResponses) {
      if (errorCode === ErrorCode.NONE) accepted.add(`${name || topicId}/${index}`)
    }
  }
  return accepted
}

/** Of what was sent; old formats of records aren't looked into. */
function contentOf(records: Buffer | null): { messages: number; bytes: number } {
  let messages = 0
  for (const at of records === null ? [] : batchesOf(records)) {
    if (magic(records!, at) === MAGIC_V2) messages += recordsCount(records!, at)
  }
  return { messages, bytes: lengthOf(records) }
}

function lengthOf(records: Bytes): number {
  if (records === null) return 0
  if (Buffer.isBuffer(records)) return records.length
  let length = 0
  for (const piece of records) length += piece.length
  return length
}

function inner<K, V>(outer: Map<string, Map<K, V>>, key: string): Map<K, V> {
  let map = outer.get(key)
  if (map === undefined) {
    map = new Map()
    outer.set(key, map)
  }
  return map
}

function count<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}
