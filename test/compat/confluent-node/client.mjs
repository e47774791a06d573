import { createRequire } from 'node:module'
import { join } from 'node:path'

// It stands in a folder of its own, since it brings a binary.
const require = createRequire(join(process.env.SAMSA_TEST_CONFLUENT_NODE, 'package.json'))
const { KafkaJS } = require('@confluentinc/kafka-javascript')

const kafkaOf = (bootstrap) =>
  new KafkaJS.Kafka({ kafkaJS: { brokers: [bootstrap], logLevel: KafkaJS.logLevel.NOTHING } })

export { kafkaOf }
