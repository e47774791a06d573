import type { GroupCoordinatorConfig } from '../group-config.js'
import type { GroupMetadata } from '../group-metadata.js'

interface Setting {
  readonly value: number
  readonly min: number
  readonly max: number
}

/**
 * The configurations of consumer groups: what was set on a group, within what the broker allows, and
 * the broker's for the others (Kafka's `GroupConfigManager`). All in ms.
 */
export class ConsumerGroupSettings {
  constructor(
    private readonly metadata: GroupMetadata,
    private readonly config: GroupCoordinatorConfig,
  ) {}

  sessionTimeoutMs(groupId: string): number {
    return this.#effective(groupId, 'consumer.session.timeout.ms', {
      value: this.config.consumerGroupSessionTimeoutMs,
      min: this.config.consumerGroupMinSessionTimeoutMs,
      max: this.config.consumerGroupMaxSessionTimeoutMs,
    })
  }

  heartbeatIntervalMs(groupId: string): number {
    return this.#effective(groupId, 'consumer.heartbeat.interval.ms', {
      value: this.config.consumerGroupHeartbeatIntervalMs,
      min: this.config.consumerGroupMinHeartbeatIntervalMs,
      max: this.config.consumerGroupMaxHeartbeatIntervalMs,
    })
  }

  /** So long a target assignment stands at least (KIP-1263). */
  assignmentIntervalMs(groupId: string): number {
    return this.#effective(groupId, 'consumer.assignment.interval.ms', {
      value: this.config.consumerGroupAssignmentIntervalMs,
      min: this.config.consumerGroupMinAssignmentIntervalMs,
      max: this.config.consumerGroupMaxAssignmentIntervalMs,
    })
  }

  /** The broker may have been given other limits since the group's was set. */
  #effective(groupId: string, name: string, { value, min, max }: Setting): number {
    const text = this.metadata.groupConfigs(groupId).get(name)
    return text === undefined ? value : Math.min(max, Math.max(min, Number(text)))
  }
}
