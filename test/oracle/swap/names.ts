export const PLAIN = 'plain'
/** A partition for each codec. */
export const CODECS = 'codecs'
export const IDEMPOTENT = 'idempotent'
export const COMPACTED = 'compacted'
/** Its records get the broker's time. */
export const APPEND_TIME = 'append-time'
/** Its first records are deleted. */
export const TRIMMED = 'trimmed'
export const TRANSACTIONS = 'transactions'

/** Of clients that commit offsets and are no members. */
export const SIMPLE = 'simple'
/** With a member that lives through all brokers. */
export const MEMBERS = 'members'
/** Whose offsets are committed in transactions. */
export const TRANSACTIONAL = 'transactional'
/** Of KIP-848, with members that live through all brokers. */
export const CONSUMERS = 'consumers'
export const GROUPS = [SIMPLE, MEMBERS, TRANSACTIONAL, CONSUMERS] as const
export const CONFIGURED_GROUP = 'configured'

/** The smallest there is. */
const SEGMENT_BYTES = '1048576'
/** Less than lies between the timestamps of two batches, so that each begins a segment. */
const SEGMENT_MS = '1000'
const KEPT = { 'retention.ms': '-1', 'index.interval.bytes': '1000' }

export const TOPICS: Readonly<
  Record<
    string,
    { readonly partitions: number; readonly configs: Readonly<Record<string, string>> }
  >
> = {
  [PLAIN]: { partitions: 2, configs: { ...KEPT, 'segment.bytes': SEGMENT_BYTES } },
  [CODECS]: { partitions: 5, configs: { ...KEPT, 'segment.bytes': SEGMENT_BYTES } },
  [IDEMPOTENT]: { partitions: 1, configs: { ...KEPT, 'segment.ms': SEGMENT_MS } },
  [COMPACTED]: {
    partitions: 1,
    configs: {
      ...KEPT,
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0',
      'segment.ms': SEGMENT_MS,
    },
  },
  [APPEND_TIME]: {
    partitions: 1,
    configs: { ...KEPT, 'message.timestamp.type': 'LogAppendTime' },
  },
  [TRIMMED]: {
    partitions: 1,
    configs: { ...KEPT, 'segment.ms': SEGMENT_MS, 'max.message.bytes': '2000' },
  },
  [TRANSACTIONS]: { partitions: 2, configs: { ...KEPT, 'segment.ms': SEGMENT_MS } },
}

/** Those whose logs come in several segments, by name of their directories. */
export const SEGMENTED = [
  ...Array.from({ length: 2 }, (_, i) => `${PLAIN}-${i}`),
  ...Array.from({ length: 5 }, (_, i) => `${CODECS}-${i}`),
  `${IDEMPOTENT}-0`,
  `${TRANSACTIONS}-0`,
]
