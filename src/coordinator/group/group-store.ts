import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import { ClassicGroup } from './classic/classic-group.js'

/** Groups of kinds that are kept for whoever runs them, and not run here. */
export type ForeignGroupType = 'Consumer' | 'Share' | 'Streams'

/** The groups of one partition, by id. */
export class GroupStore {
  readonly classic = new Map<string, ClassicGroup>()
  readonly foreign = new Map<string, ForeignGroupType>()

  /** Whether there is a group of that id, of whatever kind. */
  has(groupId: string): boolean {
    return this.classic.has(groupId) || this.foreign.has(groupId)
  }

  get(groupId: string): ClassicGroup | undefined {
    return this.classic.get(groupId)
  }

  /** @throws KafkaError GROUP_ID_NOT_FOUND */
  require(groupId: string): ClassicGroup {
    const group = this.classic.get(groupId)
    if (group !== undefined) return group
    throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `Group ${groupId} not found.`)
  }

  create(groupId: string, nowMs: number): ClassicGroup {
    const group = new ClassicGroup(groupId, nowMs)
    this.classic.set(groupId, group)
    return group
  }
}
