/** Which ways a group with members may go (`group.consumer.migration.policy`, KIP-848). */
export interface MigrationPolicy {
  readonly allowsUpgrade: boolean
  readonly allowsDowngrade: boolean
}

const DISABLED: MigrationPolicy = { allowsUpgrade: false, allowsDowngrade: false }

const POLICIES: ReadonlyMap<string, MigrationPolicy> = new Map([
  ['bidirectional', { allowsUpgrade: true, allowsDowngrade: true }],
  ['upgrade', { allowsUpgrade: true, allowsDowngrade: false }],
  ['downgrade', { allowsUpgrade: false, allowsDowngrade: true }],
])

/** @param name in any case */
export function migrationPolicy(name: string): MigrationPolicy {
  return POLICIES.get(name.toLowerCase()) ?? DISABLED
}

/** Whether members of the classic protocol may not even join a consumer group. */
export function forbidsMigration({ allowsUpgrade, allowsDowngrade }: MigrationPolicy): boolean {
  return !allowsUpgrade && !allowsDowngrade
}
