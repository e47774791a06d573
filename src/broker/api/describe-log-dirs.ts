import type { Disk, DiskSpace } from '../../env/disk.js'
import type { Logger } from '../../env/logger.js'
import type { MetadataImage } from '../../metadata/image.js'
import type { Input } from '../../protocol/codec/index.js'
import { ErrorCode } from '../../protocol/errors.js'
import {
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
} from '../../protocol/schema/describe-log-dirs.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import type { LogDirectory, LogManager, TopicPartition } from '../../storage/log-manager.js'
import { type Handler, handler } from '../handler.js'

const UNKNOWN_SPACE: DiskSpace = { totalBytes: -1, usableBytes: -1 }

export interface DescribeLogDirsServices {
  readonly nodeId: number
  readonly metadata: MetadataImage
  readonly logs: LogManager
  readonly disk: Disk
  readonly authorizer: Authorizer
  readonly logger: Logger
}

type Directory = Input<typeof DescribeLogDirsResponse>['results'][number]
type Partition = Directory['topics'][number]['partitions'][number]

/** Says what takes up space where (KIP-113, Kafka's `KafkaApis.handleDescribeLogDirsRequest`). */
export const describeLogDirs = (services: DescribeLogDirsServices): Handler =>
  handler(DescribeLogDirsRequest, DescribeLogDirsResponse, {
    handle: (context, request) => {
      const { authorizer, logs } = services
      const { DESCRIBE } = AclOperation
      if (!authorizer.isAllowed(context, DESCRIBE, ResourceType.CLUSTER, CLUSTER_NAME)) {
        return refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
      }
      const partitions = [...askedPartitions(services, request)]
      const results = logs.directories.map((each) => describe(services, each, partitions))
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results }
    },
    refuse: (_, { code }) => refused(code),
  })

function refused(errorCode: ErrorCode): Input<typeof DescribeLogDirsResponse> {
  return { throttleTimeMs: 0, errorCode, results: [] }
}

/** The partitions asked for that have a replica here, whether anything was written to them or not. */
function* askedPartitions(
  { metadata, nodeId }: DescribeLogDirsServices,
  { topics }: DescribeLogDirsRequest,
): Iterable<TopicPartition> {
  const asked = topics === null ? undefined : new Map<string, Set<number>>()
  for (const { topic, partitions } of topics ?? []) {
    asked?.set(topic, new Set([...(asked.get(topic) ?? []), ...partitions]))
  }
  for (const topic of asked?.keys() ?? metadata.topicsByName.keys()) {
    const { partitions } = metadata.topicsByName.get(topic) ?? {}
    for (const [partition, { replicas }] of partitions ?? []) {
      const isAsked = asked?.get(topic)?.has(partition) ?? true
      if (isAsked && replicas.includes(nodeId)) yield { topic, partition }
    }
  }
}

function describe(
  services: DescribeLogDirsServices,
  directory: LogDirectory,
  partitions: readonly TopicPartition[],
): Directory {
  const { path } = directory
  if (directory.offline) {
    const errorCode = ErrorCode.KAFKA_STORAGE_ERROR
    return { errorCode, logDir: path, topics: [], ...UNKNOWN_SPACE }
  }
  const topics = new Map<string, Partition[]>()
  for (const { topic, partition } of partitions) {
    if (directoryOf(services, topic, partition) !== directory) continue
    const log = services.logs.log(topic, partition)
    const described: Partition = {
      partitionIndex: partition,
      partitionSize: log?.size ?? 0,
      offsetLag: log === undefined ? 0 : Math.max(log.highWatermark - log.logEndOffset, 0),
      isFutureKey: false,
    }
    const siblings = topics.get(topic)
    if (siblings === undefined) topics.set(topic, [described])
    else siblings.push(described)
  }
  return {
    errorCode: ErrorCode.NONE,
    logDir: path,
    topics: [...topics].map(([name, of]) => ({ name, partitions: of })),
    ...spaceOf(services, path),
    isCordoned: isCordoned(services, directory),
  }
}

/** Where the log is, or would be. */
function directoryOf(
  { logs, metadata, nodeId }: DescribeLogDirsServices,
  topic: string,
  partition: number,
): LogDirectory | undefined {
  const log = logs.log(topic, partition)
  if (log !== undefined) return logs.directoryOf(log)
  const image = metadata.topicsByName.get(topic)?.partitions.get(partition)
  const id = image?.directories[image.replicas.indexOf(nodeId)]
  return logs.directories.find(({ directoryId }) => directoryId === id) ?? logs.directories[0]
}

function spaceOf({ disk, logger }: DescribeLogDirsServices, path: string): DiskSpace {
  try {
    return disk.space(path)
  } catch (error) {
    logger.warn({ path, error }, 'how much space there is cannot be said')
    return UNKNOWN_SPACE
  }
}

function isCordoned(
  { metadata, nodeId }: DescribeLogDirsServices,
  { directoryId }: LogDirectory,
): boolean {
  return metadata.brokers.get(nodeId)?.cordonedDirectories?.includes(directoryId) ?? false
}
