import type { LogConfig } from '../../storage/log-config.js'
import type { BrokerConfig } from './broker-config.js'
import { Config } from './config.js'
import { formatValue } from './parse.js'
import { topicConfigSynonyms } from './synonyms.js'
import { topicConfigs } from './topic-configs.js'

/** The configuration of one topic: its own settings over what the broker sets for all. */
export class TopicConfig extends Config<typeof topicConfigs> {
  /** @throws ConfigException when a value isn't acceptable */
  constructor(
    broker: BrokerConfig,
    /** What is set on the topic itself. */
    readonly overrides: ReadonlyMap<string, string>,
  ) {
    super(topicConfigs, new Map([...brokerDefaults(broker), ...overrides]))
  }

  /** What the topic's logs act on. */
  get logConfig(): LogConfig {
    const policy = this.get('cleanup.policy')
    return {
      segmentBytes: this.get('internal.segment.bytes') ?? this.get('segment.bytes'),
      segmentMs: this.get('segment.ms'),
      segmentJitterMs: this.get('segment.jitter.ms'),
      segmentIndexBytes: this.get('segment.index.bytes'),
      indexIntervalBytes: this.get('index.interval.bytes'),
      flushMessages: this.get('flush.messages'),
      flushMs: this.get('flush.ms'),
      retentionBytes: this.get('retention.bytes'),
      retentionMs: this.get('retention.ms'),
      maxMessageBytes: this.get('max.message.bytes'),
      fileDeleteDelayMs: this.get('file.delete.delay.ms'),
      minCleanableDirtyRatio: this.get('min.cleanable.dirty.ratio'),
      minCompactionLagMs: this.get('min.compaction.lag.ms'),
      maxCompactionLagMs: this.get('max.compaction.lag.ms'),
      deleteRetentionMs: this.get('delete.retention.ms'),
      delete: policy.includes('delete'),
      compact: policy.includes('compact'),
    }
  }
}

/** What a topic that sets nothing gets (Kafka's `KafkaConfig.extractLogConfigMap`). */
export function brokerDefaults(broker: BrokerConfig): Map<string, string> {
  const defaults = new Map<string, string>()
  for (const [name, brokerName] of Object.entries(topicConfigSynonyms)) {
    const text = broker.text(brokerName)
    if (text !== null && text !== undefined) defaults.set(name, text)
  }
  defaults.set('segment.ms', String(broker.logRollMs))
  defaults.set('segment.jitter.ms', String(broker.logRollJitterMs))
  defaults.set('retention.ms', String(broker.logRetentionMs))
  if (broker.get('log.flush.interval.ms') === null) {
    const text = broker.text('log.flush.scheduler.interval.ms')
    if (text) defaults.set('flush.ms', text)
  }
  return defaults
}

/** Kafka's default of a topic configuration, whatever the broker sets. */
export function codeDefault(name: keyof typeof topicConfigs): string | null {
  const key = topicConfigs[name]
  return formatValue(key.defaultValue ?? null, key.type)
}
