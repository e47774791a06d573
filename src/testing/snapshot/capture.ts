import { ConfigResourceType } from '../../metadata/config/resource.js'
import { batchesOf, nextBatch, nextOffset } from '../../protocol/records/index.js'
import type { Log } from '../../storage/log.js'
import { InspectedGroup } from '../inspect/groups.js'
import type { RunningServer } from '../server-faults.js'
import { resourceConfigs } from './resource-configs.js'
import {
  BrokerSnapshot,
  type GroupSnapshot,
  type PartitionSnapshot,
  type TopicSnapshot,
} from './snapshot.js'

const SLICE_BYTES = 1024 * 1024

/** Copies what a broker has; what is written meanwhile may be in it or not. */
export async function capture(
  running: RunningServer,
  topics: readonly string[],
  groupIds: readonly string[],
): Promise<BrokerSnapshot> {
  const topicSnapshots: TopicSnapshot[] = []
  for (const topic of topics) topicSnapshots.push(await captureTopic(running, topic))
  const groups: GroupSnapshot[] = []
  for (const groupId of groupIds) {
    const offsets = await new InspectedGroup(groupId, () => running).offsets()
    if (offsets.length > 0) groups.push({ groupId, offsets })
  }
  return new BrokerSnapshot(
    topicSnapshots,
    groups,
    resourceConfigs(running.server.services.metadata),
  )
}

async function captureTopic({ server }: RunningServer, name: string): Promise<TopicSnapshot> {
  const { metadata, logs } = server.services
  const partitionCount = metadata.topicsByName.get(name)!.partitions.size
  const partitions: PartitionSnapshot[] = []
  for (let partition = 0; partition < partitionCount; partition++) {
    const log = logs.log(name, partition)
    if (log === undefined || log.logEndOffset === 0) continue
    partitions.push(await capturePartition(log))
  }
  const configs = new Map(metadata.configs(ConfigResourceType.TOPIC, name))
  return { name, partitionCount, configs, partitions }
}

/** Up to the last stable offset: what isn't decided yet won't be decided by anybody later. */
async function capturePartition(log: Log): Promise<PartitionSnapshot> {
  const { partition, logStartOffset, lastStableOffset: endOffset } = log
  const slices: Buffer[] = []
  let offset = logStartOffset
  while (offset < endOffset) {
    const slice = await log.read(offset, SLICE_BYTES, endOffset, true)
    const whole = Buffer.from(slice.records.subarray(0, wholeBytes(slice.records)))
    slice.release()
    if (whole.length === 0) break
    for (const at of batchesOf(whole)) offset = nextOffset(whole, at)
    slices.push(whole)
  }
  return { partition, logStartOffset, endOffset, slices }
}

function wholeBytes(records: Buffer): number {
  let at = 0
  for (let next = nextBatch(records, at); next !== -1; next = nextBatch(records, at)) at = next
  return at
}
