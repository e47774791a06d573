// What snippets import as `kafkajs`: the client itself, of which nothing stays open after a snippet.
import {
  type AdminConfig,
  type ConsumerConfig,
  Kafka as Original,
  type ProducerConfig,
} from 'kafkajs'
import { ending } from './endings.js'

export class Kafka extends Original {
  override producer(config?: ProducerConfig) {
    return opened(super.producer(config))
  }

  override consumer(config: ConsumerConfig) {
    const patient = { maxWaitTimeInMs: 200, ...config }
    return opened(super.consumer(patient))
  }

  override admin(config?: AdminConfig) {
    return opened(super.admin(config))
  }
}

function opened<C extends { disconnect(): Promise<void> }>(client: C): C {
  ending('clients', () => client.disconnect())
  return client
}
