import type { SecurityImage } from './image.js'
import type { MetadataRecord, RecordData } from './record.js'

const quotaKey = ({ entity, key }: RecordData<'ClientQuotaRecord'>): string =>
  JSON.stringify([
    ...entity.map(({ entityType, entityName }) => [entityType, entityName]).sort(),
    key,
  ])

const scramKey = (record: { mechanism: number; name: string }): string =>
  `${record.mechanism}:${record.name}`

/** Adds up the records of access control, credentials, quotas and tokens. */
export class SecurityState implements SecurityImage {
  readonly acls
  readonly scramCredentials
  readonly clientQuotas
  readonly delegationTokens

  constructor(from?: SecurityImage) {
    this.acls = new Map(from?.acls)
    this.scramCredentials = new Map(from?.scramCredentials)
    this.clientQuotas = new Map(from?.clientQuotas)
    this.delegationTokens = new Map(from?.delegationTokens)
  }

  /** Returns whether the record was one of these. */
  replay(record: MetadataRecord): boolean {
    switch (record.type) {
      case 'AccessControlEntryRecord':
        this.acls.set(record.data.id, record.data)
        return true
      case 'RemoveAccessControlEntryRecord':
        return this.acls.delete(record.data.id) || true
      case 'UserScramCredentialRecord':
        this.scramCredentials.set(scramKey(record.data), record.data)
        return true
      case 'RemoveUserScramCredentialRecord':
        return this.scramCredentials.delete(scramKey(record.data)) || true
      case 'ClientQuotaRecord':
        if (record.data.remove) this.clientQuotas.delete(quotaKey(record.data))
        else this.clientQuotas.set(quotaKey(record.data), record.data)
        return true
      case 'DelegationTokenRecord':
        this.delegationTokens.set(record.data.tokenId, record.data)
        return true
      case 'RemoveDelegationTokenRecord':
        return this.delegationTokens.delete(record.data.tokenId) || true
      default:
        return false
    }
  }
}
