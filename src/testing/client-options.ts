/** Options of kafkajs: `new Kafka(broker.clients.kafkajs())`. */
export interface KafkajsOptions {
  brokers: string[]
  clientId: string
  /** kafkajs says on standard error what it thinks of it otherwise. */
  logLevel: 0
  retry: { initialRetryTime: number; maxRetryTime: number; retries: number }
}

/** Options of \@platformatic/kafka: `new Producer(broker.clients.platformatic())`. */
export interface PlatformaticOptions {
  bootstrapBrokers: string[]
  clientId: string
  retries: number
  retryDelay: number
}

/** Options of librdkafka and what is built on it, confluent-kafka and node-rdkafka among them. */
export interface LibrdkafkaOptions {
  'bootstrap.servers': string
  'client.id': string
  /** Comes as fast as the broker does, not after seconds. */
  'reconnect.backoff.ms': number
  'reconnect.backoff.max.ms': number
  'topic.metadata.refresh.fast.interval.ms': number
}

/** Options ready made for clients that are to reach a broker, and to find what is new on it at once. */
export interface ClientOptions {
  kafkajs(clientId?: string): KafkajsOptions
  platformatic(clientId?: string): PlatformaticOptions
  librdkafka(clientId?: string): LibrdkafkaOptions
}

const CLIENT_ID = 'test'

/** @param bootstrapServers asked each time, since what is advertised may change */
export function clientOptions(bootstrapServers: () => string): ClientOptions {
  const brokers = (): string[] => bootstrapServers().split(',')
  return {
    kafkajs: (clientId = CLIENT_ID) => ({
      brokers: brokers(),
      clientId,
      logLevel: 0,
      retry: { initialRetryTime: 20, maxRetryTime: 1000, retries: 8 },
    }),
    platformatic: (clientId = CLIENT_ID) => ({
      bootstrapBrokers: brokers(),
      clientId,
      retries: 8,
      retryDelay: 50,
    }),
    librdkafka: (clientId = CLIENT_ID) => ({
      'bootstrap.servers': bootstrapServers(),
      'client.id': clientId,
      'reconnect.backoff.ms': 20,
      'reconnect.backoff.max.ms': 500,
      'topic.metadata.refresh.fast.interval.ms': 20,
    }),
  }
}
