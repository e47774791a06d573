import { ApiKey } from '../../../src/protocol/api-keys.js'
import type { Body, Conversation } from '../conversation.js'
import type { Complain } from './workload.js'

const SHA_256 = 1

const QUOTA = {
  entity: [{ entityType: 'user', entityName: 'alice' }],
  ops: [{ key: 'consumer_byte_rate', value: 123_456, remove: false }],
}
const CREDENTIAL = {
  name: 'alice',
  mechanism: SHA_256,
  iterations: 4097,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.alloc(32, 7),
}

/** What only Apache Kafka serves yet, and must find again after samsa. */
export class Kept {
  #isWritten = false

  async write(c: Conversation): Promise<void> {
    if (this.#isWritten) return
    this.#isWritten = true
    const quotas = { entries: [QUOTA], validateOnly: false }
    requireNone((await c.quietly(ApiKey.AlterClientQuotas, 1, quotas)).entries)
    const credentials = { deletions: [], upsertions: [CREDENTIAL] }
    const altered = await c.quietly(ApiKey.AlterUserScramCredentials, 0, credentials)
    requireNone(altered.results)
  }

  /** @param c with Apache Kafka */
  async check(c: Conversation, complain: Complain): Promise<void> {
    if (!this.#isWritten) return
    const expect = (what: string, found: unknown, wanted: unknown) => {
      const [said, expected] = [JSON.stringify(found), JSON.stringify(wanted)]
      if (said !== expected) complain(`${what}: ${said}, not ${expected}`)
    }
    const quotas = await c.quietly(ApiKey.DescribeClientQuotas, 1, {
      components: [],
      strict: false,
    })
    const { entity, ops } = QUOTA
    const values = ops.map(({ key, value }) => ({ key, value }))
    expect('quotas', quotas.entries, [{ entity, values }])

    const credentials = await c.quietly(ApiKey.DescribeUserScramCredentials, 0, { users: null })
    const { name, mechanism, iterations } = CREDENTIAL
    const described = credentials.results.map((each: Body) => [each.user, each.credentialInfos])
    expect('credentials', described, [[name, [{ mechanism, iterations }]]])
  }
}

function requireNone(answers: readonly Body[]): void {
  for (const { errorCode, errorMessage } of answers) {
    if (errorCode !== 0) throw new Error(`${errorCode}: ${errorMessage}`)
  }
}
