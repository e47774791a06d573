import type { Answer } from '../broker/handler.js'
import type { Exchange, Proceed, RequestInterceptor } from '../broker/interceptor.js'
import { ApiKey } from '../protocol/api-keys.js'
import { ErrorCode } from '../protocol/errors.js'
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../protocol/schema/consumer-group-heartbeat.js'

/** Remembered at once; of those that never ask again, the first are forgotten. */
const MAX_MEMBERS = 10_000

/**
 * Members of consumer groups (KIP-848) that went with their group while they were alive. In Apache
 * Kafka no such group can be deleted, so clients take GROUP_ID_NOT_FOUND for a fatal error
 * (librdkafka) or for the end of their membership: they are told that they aren't members any more,
 * upon which they join anew.
 */
export class RemovedMembers implements RequestInterceptor {
  readonly #members = new Set<string>()

  add(groupId: string, memberId: string): void {
    this.#members.add(key(groupId, memberId))
    for (const first of this.#members) {
      if (this.#members.size <= MAX_MEMBERS) break
      this.#members.delete(first)
    }
  }

  intercept(
    { context, request }: Exchange,
    proceed: Proceed,
  ): Answer<unknown> | Promise<Answer<unknown>> {
    if (this.#members.size === 0 || context.apiKey !== ApiKey.ConsumerGroupHeartbeat) {
      return proceed()
    }
    const { groupId, memberId } = request as ConsumerGroupHeartbeatRequest
    const answer = proceed()
    if (!this.#members.delete(key(groupId, memberId))) return answer
    return Promise.resolve(answer).then((heard) => {
      const response = heard as Partial<ConsumerGroupHeartbeatResponse>
      if (response.errorCode !== ErrorCode.GROUP_ID_NOT_FOUND) return heard
      return {
        ...response,
        errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
        errorMessage: `Member ${memberId} is not a member of group ${groupId}.`,
      }
    })
  }
}

/** Group ids may have any characters. */
const key = (groupId: string, memberId: string): string => JSON.stringify([groupId, memberId])
