import type { MetadataImage } from '../metadata/image.js'
import { ZERO_UUID } from '../protocol/codec/index.js'
import { ErrorCode } from '../protocol/errors.js'
import type { FetchRequest } from '../protocol/schema/fetch.js'
import type { FetchedPartition, FetchPartition } from './fetch-partition.js'
import {
  type FetchSession,
  FINAL_EPOCH,
  INITIAL_EPOCH,
  nextEpoch,
  partitionKey,
  SessionPartition,
} from './fetch-session.js'
import { type FetchSessionCache, NO_SESSION_ID } from './fetch-session-cache.js'

/** From this version on, topics are named by id (KIP-516). */
const VERSION_WITH_TOPIC_IDS = 13

/** What goes out for a fetch, apart from who leads what. */
export interface FetchOutcome {
  readonly errorCode: ErrorCode
  readonly sessionId: number
  readonly partitions: readonly FetchedPartition[]
}

/** One request's part in a session, or outside of any (Kafka's `FetchContext`). */
export interface FetchContext {
  /** What is to be read, in this order. */
  readonly partitions: Iterable<FetchPartition>
  /** What to answer of what was read. */
  finish(fetched: readonly FetchedPartition[]): FetchOutcome
}

class SessionlessFetch implements FetchContext {
  constructor(readonly partitions: Iterable<FetchPartition>) {}

  finish(fetched: readonly FetchedPartition[]): FetchOutcome {
    return { errorCode: ErrorCode.NONE, sessionId: NO_SESSION_ID, partitions: fetched }
  }
}

/** Asks for a session, which there is once the request has been answered. */
class FullFetch implements FetchContext {
  constructor(
    private readonly cache: FetchSessionCache,
    readonly partitions: Iterable<FetchPartition>,
    private readonly usesTopicIds: boolean,
  ) {}

  finish(fetched: readonly FetchedPartition[]): FetchOutcome {
    const partitions = fetched.map(({ request, answer }) => {
      return new SessionPartition(keyOf(request), request, answer)
    })
    const session = this.cache.create(this.usesTopicIds, partitions)
    const sessionId = session?.id ?? NO_SESSION_ID
    return { errorCode: ErrorCode.NONE, sessionId, partitions: fetched }
  }
}

class IncrementalFetch implements FetchContext {
  readonly #expectedEpoch: number

  constructor(
    private readonly session: FetchSession,
    readonly partitions: Iterable<FetchPartition>,
  ) {
    this.#expectedEpoch = session.epoch
  }

  finish(fetched: readonly FetchedPartition[]): FetchOutcome {
    const { session } = this
    if (session.epoch !== this.#expectedEpoch) {
      // Another request of the session has come in while this one waited.
      const errorCode = ErrorCode.INVALID_FETCH_SESSION_EPOCH
      return { errorCode, sessionId: session.id, partitions: [] }
    }
    const partitions = session.select(fetched)
    return { errorCode: ErrorCode.NONE, sessionId: session.id, partitions }
  }
}

class FailedFetch implements FetchContext {
  readonly partitions = []

  constructor(private readonly errorCode: ErrorCode) {}

  finish(): FetchOutcome {
    return { errorCode: this.errorCode, sessionId: NO_SESSION_ID, partitions: [] }
  }
}

/** Finds the session of a request, or makes room for one (Kafka's `FetchManager.newContext`). */
export function fetchContext(
  cache: FetchSessionCache,
  metadata: MetadataImage,
  request: FetchRequest,
  version: number,
): FetchContext {
  const { sessionId, sessionEpoch } = request
  const usesTopicIds = version >= VERSION_WITH_TOPIC_IDS
  if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
    cache.remove(sessionId)
    const asked = askedPartitions(request, metadata, usesTopicIds)
    return sessionEpoch === FINAL_EPOCH
      ? new SessionlessFetch(asked.values())
      : new FullFetch(cache, asked.values(), usesTopicIds)
  }
  const session = cache.get(sessionId)
  if (session === undefined) return new FailedFetch(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  if (session.epoch !== sessionEpoch) return new FailedFetch(ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  if (session.usesTopicIds !== usesTopicIds) {
    return new FailedFetch(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR)
  }
  const asked = askedPartitions(request, metadata, usesTopicIds)
  return continueSession(cache, session, asked, forgottenKeys(request, usesTopicIds), metadata)
}

function continueSession(
  cache: FetchSessionCache,
  session: FetchSession,
  asked: ReadonlyMap<string, FetchPartition>,
  forgotten: Iterable<string>,
  metadata: MetadataImage,
): FetchContext {
  const hasRoom = cache.use(session, () => session.update(asked, forgotten))
  if (!hasRoom) return new FailedFetch(ErrorCode.FETCH_SESSION_ID_NOT_FOUND)
  if (session.size === 0) {
    cache.remove(session.id)
    return new SessionlessFetch(asked.values())
  }
  session.epoch = nextEpoch(session.epoch)
  for (const partition of session.partitions) {
    partition.topic ??= metadata.topicsById.get(partition.topicId)?.name
  }
  return new IncrementalFetch(session, [...session.partitions])
}

function keyOf({ topic, topicId, partition }: FetchPartition): string {
  return partitionKey(topicId === ZERO_UUID ? (topic ?? '') : topicId, partition)
}

/** A partition that comes twice is read once, as what was said last. */
function askedPartitions(
  { topics }: FetchRequest,
  metadata: MetadataImage,
  usesTopicIds: boolean,
): Map<string, FetchPartition> {
  const asked = new Map<string, FetchPartition>()
  for (const { topic: givenName, topicId, partitions } of topics) {
    const topic = usesTopicIds ? metadata.topicsById.get(topicId)?.name : givenName
    const nameOrId = usesTopicIds ? topicId : givenName
    for (const each of partitions) {
      asked.set(partitionKey(nameOrId, each.partition), {
        topic,
        topicId,
        partition: each.partition,
        fetchOffset: each.fetchOffset,
        maxBytes: each.partitionMaxBytes,
        currentLeaderEpoch: each.currentLeaderEpoch,
        lastFetchedEpoch: each.lastFetchedEpoch,
      })
    }
  }
  return asked
}

function* forgottenKeys(request: FetchRequest, usesTopicIds: boolean): Iterable<string> {
  for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
    for (const partition of partitions) {
      yield partitionKey(usesTopicIds ? topicId : topic, partition)
    }
  }
}
