import type { PartitionAssignor } from './assignor.js'
import { rangeAssignor } from './range-assignor.js'
import { uniformAssignor } from './uniform-assignor.js'

const ASSIGNORS: readonly PartitionAssignor[] = [uniformAssignor, rangeAssignor]
const KAFKAS_PACKAGE = 'org.apache.kafka.coordinator.group.assignor.'

/**
 * The assignors that are configured (`group.consumer.assignors`), in that order. Kafka takes names of
 * classes, too; of those, only its own are here.
 */
export function assignorsByName(names: readonly string[]): ReadonlyMap<string, PartitionAssignor> {
  const assignors = new Map<string, PartitionAssignor>()
  for (const configured of names) {
    const assignor = assignorOf(configured)
    if (assignor !== undefined) assignors.set(assignor.name, assignor)
  }
  return assignors
}

/** Undefined when there is no such assignor here. */
export function assignorOf(configured: string): PartitionAssignor | undefined {
  return ASSIGNORS.find(
    ({ name }) => configured === name || configured === KAFKAS_PACKAGE + classNameOf(name),
  )
}

function classNameOf(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Assignor`
}
