import { faultKinds } from '../faults/check-spec.js'
import type { FaultSpec } from '../faults/fault-spec.js'
import type { GroupState } from '../views.js'
import {
  anyObject,
  anything,
  either,
  flag,
  list,
  mapOf,
  nullable,
  number,
  type Of,
  object,
  oneOf,
  type Schema,
  text,
  whole,
} from './schema.js'

/** What the API takes and gives, as JSON. */

/** The protocol has no room for more. */
const MAX_INT32 = 2 ** 31 - 1

export const Health = object({
  status: oneOf(['ok']),
  bootstrapServers: text('For the configuration of clients.'),
  clusterId: text(),
  nodeId: whole(),
  profile: oneOf(['test', 'kafka']),
})

const Partition = object({
  partition: whole(),
  leader: whole('Node id; -1 without one.'),
  leaderEpoch: whole(),
  logStartOffset: whole(),
  highWatermark: whole(),
  lastStableOffset: whole(),
  logEndOffset: whole(),
})

export const TopicName = object({
  name: text(),
  partitionCount: whole(),
  messageCount: whole('Offsets from the log start to the high watermark, of all partitions.'),
})
export const Topics = object({ topics: list(TopicName) })

export const Topic = object({
  name: text(),
  configs: anyObject('What is set on the topic, by name.'),
  partitions: list(Partition),
})

const NewConfigs = mapOf(either(text(), either(number(), flag())), "By Kafka's names.")
const newPartitions = whole('num.partitions unless said.', 1, MAX_INT32)
export const NewTopic = object({ name: text() }, { partitions: newPartitions, configs: NewConfigs })

const Header = object({ name: text(), value: nullable(text()) })

/** Bytes that aren't UTF-8 are there in Base64, too. */
export const RecordModel = object(
  {
    topic: text(),
    partition: whole(),
    offset: whole(),
    timestampMs: whole('Since the Unix epoch.'),
    timestampType: oneOf(['CreateTime', 'LogAppendTime']),
    key: nullable(text('Taken for UTF-8.')),
    value: nullable(text('Taken for UTF-8; null for a tombstone.')),
    headers: list(Header),
    producerId: whole('-1 without one.'),
    producerEpoch: whole(),
    isTransactional: flag(),
  },
  {
    keyBase64: text('The bytes of a key that is no UTF-8.'),
    valueBase64: text('The bytes of a value that is no UTF-8.'),
  },
)
export type RecordModel = Of<typeof RecordModel>
export const Records = object({ records: list(RecordModel) })

const RecordValue = anything('Text, null, {"base64": …} for bytes; anything else is sent as JSON.')
export const NewRecord = object(
  {},
  {
    partition: whole("By the key's hash, as the Java client has it, unless said.", 0, MAX_INT32),
    key: RecordValue,
    value: RecordValue,
    headers: anyObject('Values by name.'),
    timestamp: either(
      whole(),
      text(),
      'Milliseconds since the Unix epoch, or a date in ISO 8601; now unless said.',
    ),
  },
)
export const NewRecords = object({ records: list(NewRecord) })
export const Produced = object({ produced: whole('How many records.') })

const Assignment = object({ topic: text(), partitions: list(whole()) })
const GROUP_STATES = [
  'Empty',
  'PreparingRebalance',
  'CompletingRebalance',
  'Assigning',
  'Reconciling',
  'Stable',
  'Dead',
  'NotReady',
] as const satisfies readonly GroupState[]
export const GroupStateModel = oneOf(GROUP_STATES)

export const Group = object({
  groupId: text(),
  state: GroupStateModel,
  type: oneOf(['classic', 'consumer', 'unknown']),
  members: list(
    object({
      memberId: text(),
      instanceId: nullable(text()),
      clientId: text(),
      clientHost: text(),
      subscription: list(text()),
      assignment: list(Assignment),
    }),
  ),
})
export const Groups = object({ groups: list(Group) })

export const CommittedOffset = object({
  topic: text(),
  partition: whole(),
  offset: whole(),
  metadata: nullable(text()),
  lag: whole('The high watermark less the committed offset.'),
})
export const CommittedOffsets = object({
  offsets: list(CommittedOffset),
  lag: whole('Of all of them.'),
})
export const NewOffsets = object({
  offsets: mapOf(
    either(whole(undefined, 0), mapOf(whole(undefined, 0))),
    'Offsets by topic, then by partition; a number alone is for each partition.',
  ),
})

/** What JSON and YAML have the form of; their reader checks it. */
export const SeedModel = object(
  {},
  {
    topics: mapOf(
      nullable(
        object({}, { partitions: newPartitions, configs: NewConfigs, records: list(NewRecord) }),
      ),
      'By name.',
    ),
    groups: mapOf(NewOffsets, 'By group id.'),
  },
)

export const Transactions = object({
  transactions: list(
    object({
      transactionalId: text(),
      state: text(),
      producerId: whole(),
      producerEpoch: whole(),
      timeoutMs: whole(),
      startedMs: whole('Since the Unix epoch; -1 when none is under way.'),
      partitions: list(Assignment),
    }),
  ),
})
export const Fencing = object({ producerId: whole(), producerEpoch: whole() })

export const Entry = object({
  number: whole("Counts the broker's requests, from 1."),
  api: text(),
  version: whole(),
  correlationId: whole(),
  clientId: nullable(text()),
  connection: text(),
  listener: text(),
  atMs: whole('Since the Unix epoch.'),
  outcome: nullable(oneOf(['answered', 'unanswered', 'disconnected'], 'Null: it is under way.')),
  durationMs: nullable(number()),
  errors: list(text()),
  faults: list(whole('Of faults that struck it: their id.')),
  requestBytes: whole(),
  responseBytes: whole(),
  request: anyObject("The body, by the names of the protocol's fields."),
  response: nullable(anyObject()),
})
export type Entry = Of<typeof Entry>
export const Entries = object({
  entries: list(Entry),
  lastNumber: whole('Of the last request; 0 before the first.'),
})

export const FaultSpecModel: Schema<FaultSpec> = {
  type: 'object',
  required: ['kind'],
  properties: {
    kind: oneOf(faultKinds, 'What goes wrong.'),
    api: either(text(), list(text()), "An API's name as in Kafka, a list of them, or * for all."),
    error: either(text(), whole(), "An error's name as in Kafka, or its code."),
    message: text('Told with the error.'),
    when: oneOf(['before', 'after'], 'Before the request has its effect, or after it.'),
    ms: number('Of a delay or a throttling.'),
    max: whole('The highest version; -1: the API is not there at all.'),
    min: whole(),
    release: text('Of Apache Kafka, e.g. 2.8.'),
    path: text('Files whose path has this in it, or matches what is between slashes.'),
    operation: oneOf(['read', 'write', 'sync']),
    code: text("The system's name of the error, EIO unless said."),
    clientId: text('Exactly this one, or each that matches what is between slashes.'),
    topic: text('As clientId.'),
    partition: whole(),
    group: text('As clientId.'),
    transactionalId: text('As clientId.'),
    broker: whole('Node id.'),
    connection: text("A connection's id, as the journal has it."),
    once: flag('At the first request only that it is for.'),
    times: whole('At the first so many.'),
    onCall: whole('At that one only, the first being 1.'),
    probability: number('At each with this probability, 0 to 1.'),
    seed: whole('What decides then. 1 unless said.'),
  },
}
export const FaultModel = object({
  id: whole(),
  spec: FaultSpecModel,
  calls: whole('Requests that it was for so far, struck or not.'),
  hits: whole('How often it has struck.'),
  isActive: flag('It may strike again.'),
})
export const Faults = object({ faults: list(FaultModel) })

export const ClockModel = object({
  isVirtual: flag(),
  nowMs: whole('Since the Unix epoch.'),
  now: text('In ISO 8601.'),
})
export const Advance = object({
  advance: either(
    text(),
    number(),
    "A length of time: milliseconds, or a number with its unit: '45s', '1.5h', '7d'.",
  ),
})

export const SnapshotModel = object({
  id: text(),
  topics: whole('How many.'),
  groups: whole('How many.'),
  bytes: whole('Of all records.'),
})
export const Snapshots = object({ snapshots: list(SnapshotModel) })

export const AdvertisedListeners = object({
  address: nullable(text('host:port; null: to where each client has come.')),
})

export const Done = object({ done: flag() })

export const Failure = object({
  error: {
    type: 'object',
    properties: {
      code: text("For programs: an error of Kafka's by its name, or one of this API's own."),
      message: text(),
      saw: anything('What there was instead, when waiting is over.'),
    },
    required: ['code', 'message'],
  } as Schema<{ readonly code: string; readonly message: string; readonly saw?: unknown }>,
})
