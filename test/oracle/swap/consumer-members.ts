import { ConsumerMember } from '../../crash/group-members.js'
import { until } from '../../support/until.js'
import type { Conversation } from '../conversation.js'
import { CONSUMERS, PLAIN, TOPICS } from './names.js'
import { type Complain, commit, ready } from './workload.js'

/** The members of a KIP-848 group, which live through all brokers. */
export class ConsumerMembers {
  readonly #members = ['Zm9vYmFyYmF6cXV4cXV1eA', 'cXV1eHF1eGJhemJhcmZvbw'].map((memberId) => {
    return new ConsumerMember(CONSUMERS, memberId, PLAIN)
  }) as [ConsumerMember, ConsumerMember]
  #round = 0

  /** They go on where they were; one leaves, comes back, and both have their share again. */
  async round(c: Conversation, complain: Complain): Promise<void> {
    await ready(c, CONSUMERS)
    const ask = (apiKey: number, version: number, body: object) => c.quietly(apiKey, version, body)
    const caller = { ask }
    const [first, second] = this.#members
    if (this.#round > 0) {
      for (const member of this.#members) {
        const before = JSON.stringify([member.epoch, member.owned])
        if (!(await member.heartbeat(caller))) complain(`${member.memberId} isn't known`)
        const now = JSON.stringify([member.epoch, member.owned])
        if (now !== before) complain(`${member.memberId} has ${now}, not ${before}`)
      }
      const { epoch } = first
      await second.leave(caller)
      await first.heartbeat(caller)
      if (first.epoch <= epoch) complain(`epoch ${first.epoch} after ${epoch}`)
    }
    await until(async () => {
      for (const member of this.#members) await member.heartbeat(caller)
      return this.#isWhole()
    }, `all to be members of ${CONSUMERS}`)
    const { memberId, epoch } = first
    const member = { groupId: CONSUMERS, memberId, generationIdOrMemberEpoch: epoch }
    await commit(c, member, this.#round)
    this.#round++
  }

  #isWhole(): boolean {
    const owned = this.#members.flatMap(({ partitions }) => partitions)
    return (
      this.#members.every(({ partitions }) => partitions.length > 0) &&
      new Set(owned).size === owned.length &&
      owned.length === TOPICS[PLAIN]!.partitions
    )
  }
}
