import type { BrokerRegistration } from '../metadata/cluster.js'
import type { NewRecord } from '../metadata/record.js'
import { recordVersions } from '../metadata/record-versions.js'
import type { PartitionImage } from '../metadata/topic.js'
import type { DecisionContext } from './decision.js'
import { hasInElr, hasInIsr, isLeaderless, leadershipChanges } from './leadership.js'

/** Values of `fenced` in a BrokerRegistrationChangeRecord. */
const UNFENCE = -1
const FENCE = 1

/** The versions of a BrokerRegistrationChangeRecord are its fields': each change has the oldest. */
const Version = { FENCED: 0, CONTROLLED_SHUTDOWN: 1, LOG_DIRS: 2, CORDONED: 3 } as const

/** A broker stops serving: others lead what it led (Kafka's `handleBrokerFenced`). */
export function fence(context: DecisionContext, broker: BrokerRegistration): NewRecord[] {
  return [
    ...leadershipChanges(context, { leaving: broker.id }, hasInIsr(broker.id)),
    change(broker, Version.FENCED, { fenced: FENCE }),
  ]
}

/** A broker begins to serve: what had no leader may have one in it (`handleBrokerUnfenced`). */
export function unfence(context: DecisionContext, broker: BrokerRegistration): NewRecord[] {
  return [
    change(broker, Version.FENCED, { fenced: UNFENCE }),
    ...leadershipChanges(context, { joining: broker.id }, isLeaderless),
  ]
}

/** A broker hands over what it leads before it stops (`handleBrokerInControlledShutdown`). */
export function beginControlledShutdown(
  context: DecisionContext,
  broker: BrokerRegistration,
): NewRecord[] {
  return [
    change(broker, Version.CONTROLLED_SHUTDOWN, { inControlledShutdown: 1 }),
    ...leadershipChanges(context, { leaving: broker.id }, hasInIsr(broker.id)),
  ]
}

/**
 * A broker comes back that was stopped or killed (`handleBrokerShutdown`): after a clean stop it has
 * all that it had, otherwise it may have lost what it acknowledged.
 */
export function cleanUpAfter(context: DecisionContext, id: number, clean: boolean): NewRecord[] {
  const knowsElr = recordVersions(context.image.features).partition >= 2
  if (clean || !knowsElr) return leadershipChanges(context, { leaving: id }, hasInIsr(id))
  const isMember = (partition: PartitionImage): boolean =>
    hasInIsr(id)(partition) || hasInElr(id)(partition)
  return leadershipChanges(context, { lost: id }, isMember)
}

/** Which of a broker's log directories work (KIP-858). */
export function changeDirectories(
  broker: BrokerRegistration,
  online: readonly string[],
): NewRecord {
  return change(broker, Version.LOG_DIRS, { logDirs: [...online] })
}

/** Which of a broker's log directories get no new partitions (KIP-1066). */
export function changeCordoned(broker: BrokerRegistration, cordoned: readonly string[]): NewRecord {
  return change(broker, Version.CORDONED, { cordonedLogDirs: [...cordoned] })
}

type Change = Extract<NewRecord, { type: 'BrokerRegistrationChangeRecord' }>['data']

function change(
  { id, epoch }: BrokerRegistration,
  version: number,
  data: Omit<Change, 'brokerId' | 'brokerEpoch'>,
): NewRecord {
  return {
    type: 'BrokerRegistrationChangeRecord',
    version,
    data: { brokerId: id, brokerEpoch: epoch, ...data },
  }
}
