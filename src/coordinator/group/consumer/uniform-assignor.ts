import type {
  GroupAssignment,
  GroupSpec,
  PartitionAssignor,
  SubscribedTopicDescriber,
} from './assignor.js'
import { HeterogeneousAssignment } from './uniform-heterogeneous.js'
import { HomogeneousAssignment } from './uniform-homogeneous.js'

/**
 * Gives all members as many partitions, and moves as few as it can (Kafka's `UniformAssignor`).
 */
export const uniformAssignor: PartitionAssignor = {
  name: 'uniform',

  assign(group: GroupSpec, topics: SubscribedTopicDescriber): GroupAssignment {
    if (group.memberIds.length === 0) return new Map()
    return group.subscriptionType === 'homogeneous'
      ? new HomogeneousAssignment(group, topics).build()
      : new HeterogeneousAssignment(group, topics).build()
  },
}
