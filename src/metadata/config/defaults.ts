/**
 * What a node runs with when it is given no file: the overrides of the `config/server.properties`
 * that Apache Kafka ships for a single node, with a static quorum of one. Kafka's code defaults ask
 * for three replicas of the internal topics, which a single node can't give.
 */
export const singleNodeProperties: ReadonlyMap<string, string> = new Map([
  ['process.roles', 'broker,controller'],
  ['node.id', '1'],
  ['controller.quorum.voters', '1@localhost:9093'],
  ['controller.listener.names', 'CONTROLLER'],
  ['listeners', 'PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093'],
  ['inter.broker.listener.name', 'PLAINTEXT'],
  [
    'listener.security.protocol.map',
    'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
  ],
  ['offsets.topic.replication.factor', '1'],
  ['share.coordinator.state.topic.replication.factor', '1'],
  ['share.coordinator.state.topic.min.isr', '1'],
  ['transaction.state.log.replication.factor', '1'],
  ['transaction.state.log.min.isr', '1'],
])
