/** What a broker is configured as before the user's own configuration. */
export const PROFILE_NAMES = ['test', 'kafka'] as const
export type ProfileName = (typeof PROFILE_NAMES)[number]

/** Over what Apache Kafka ships for a single node. The documentation lists each, with its reason. */
const PROFILES: Readonly<Record<ProfileName, Readonly<Record<string, string>>>> = {
  kafka: {},
  test: {
    // The first member of a group doesn't wait 3 s for others.
    'group.initial.rebalance.delay.ms': '0',
    // Nor do those that join a consumer group, or leave it, one after the other (KIP-1263): on a
    // virtual clock that wait would have no end.
    'group.consumer.assignment.interval.ms': '0',
    // The files of a topic go with it, not a minute later.
    'log.segment.delete.delay.ms': '0',
    // Nobody needs 50 partitions to share the load of one process.
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.num.partitions': '1',
    'share.coordinator.state.topic.num.partitions': '1',
  },
}

export function profileProperties(profile: ProfileName): ReadonlyMap<string, string> {
  const properties = PROFILES[profile]
  if (properties === undefined) {
    throw new TypeError(
      `profile ${profile}: it has to be one of ${Object.keys(PROFILES).join(', ')}`,
    )
  }
  return new Map(Object.entries(properties))
}
