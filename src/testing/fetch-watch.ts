import type { Answer, Peer } from '../broker/handler.js'
import type { Exchange, Proceed, RequestInterceptor } from '../broker/interceptor.js'
import { ApiKey } from '../protocol/api-keys.js'
import { ZERO_UUID } from '../protocol/codec/index.js'
import type { ConsumerGroupHeartbeatRequest } from '../protocol/schema/consumer-group-heartbeat.js'
import type { FetchRequest } from '../protocol/schema/fetch.js'
import type { SyncGroupRequest } from '../protocol/schema/sync-group.js'

/** Epoch of a session that is none, and of one that begins (KIP-227). */
const SESSIONLESS = -1
const NEW_SESSION = 0
/** Epoch of a member that joins (KIP-848). */
const JOINING = 0

/** What one connection has asked for. Moments are counted, not measured. */
class Connection {
  readonly groups = new Set<string>()
  /** When each member was first heard of. */
  readonly members = new Map<string, number>()
  /** When each partition was last named. */
  readonly named = new Map<string, number>()
  /** Partitions that each further fetch of the session is about, named or not. */
  readonly session = new Set<string>()
  #sessionAt = 0

  constructor(readonly clientId: string | null) {}

  lastFetch(partition: string): number {
    const inSession = this.session.has(partition) ? this.#sessionAt : 0
    return Math.max(inSession, this.named.get(partition) ?? 0)
  }

  fetch({ sessionEpoch, topics, forgottenTopicsData }: FetchRequest, now: number): void {
    if (sessionEpoch === NEW_SESSION) this.session.clear()
    for (const { topic, topicId, partitions } of forgottenTopicsData) {
      for (const partition of partitions) this.session.delete(key(topic, topicId, partition))
    }
    for (const { topic, topicId, partitions } of topics) {
      for (const { partition } of partitions) {
        this.named.set(key(topic, topicId, partition), now)
        if (sessionEpoch !== SESSIONLESS) this.session.add(key(topic, topicId, partition))
      }
    }
    if (sessionEpoch !== SESSIONLESS) this.#sessionAt = now
  }

  member(groupId: string, memberId: string, now: number): void {
    this.groups.add(groupId)
    if (!this.members.has(memberId)) this.members.set(memberId, now)
  }
}

/** A partition of a topic, which requests name by its id or by its name. */
export interface WatchedPartition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

/**
 * Knows which members of groups have begun to fetch what they were assigned: until then a consumer
 * without a committed offset may still ask where the log ends, and miss what comes before that.
 */
export class FetchWatch implements RequestInterceptor {
  #now = 0
  readonly #connections = new Map<Peer, Connection>()

  intercept(
    { context, request }: Exchange,
    proceed: Proceed,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    const { apiKey, peer, clientId } = context
    const now = ++this.#now
    if (apiKey === ApiKey.Fetch) {
      this.#connection(peer, clientId).fetch(request as FetchRequest, now)
    } else if (apiKey === ApiKey.SyncGroup) {
      const { groupId, memberId } = request as SyncGroupRequest
      this.#connection(peer, clientId).member(groupId, memberId, now)
    } else if (apiKey === ApiKey.ConsumerGroupHeartbeat) {
      const { groupId, memberId, memberEpoch } = request as ConsumerGroupHeartbeatRequest
      const connection = this.#connection(peer, clientId)
      if (memberEpoch === JOINING) connection.members.delete(memberId)
      connection.member(groupId, memberId, now)
    }
    return proceed()
  }

  /**
   * Whether a member has fetched from a partition since it joined. Clients are told from each other
   * by their ids, and by the groups that their connections are used for.
   */
  isFetching(
    groupId: string,
    member: { readonly memberId: string; readonly clientId: string },
    { topic, topicId, partition }: WatchedPartition,
  ): boolean {
    const connections = [...this.#connections.values()]
    const joined = Math.max(
      0,
      ...connections.map(({ members }) => members.get(member.memberId) ?? 0),
    )
    return connections.some((connection) => {
      const { clientId, groups } = connection
      if (clientId !== member.clientId || (groups.size > 0 && !groups.has(groupId))) return false
      const byName = connection.lastFetch(key(topic, ZERO_UUID, partition))
      const byId = connection.lastFetch(key('', topicId, partition))
      return Math.max(byName, byId) > joined
    })
  }

  #connection(peer: Peer, clientId: string | null): Connection {
    let connection = this.#connections.get(peer)
    if (connection === undefined) {
      connection = new Connection(clientId)
      this.#connections.set(peer, connection)
      peer.closeListeners.add(() => this.#connections.delete(peer))
    }
    return connection
  }
}

const key = (topic: string, topicId: string, partition: number): string =>
  topicId === ZERO_UUID ? `${topic}/${partition}` : `${topicId}/${partition}`
