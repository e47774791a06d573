import type { quorumConfigs } from '../broker/quorum.js'

/** What the configurations of a node and of the metadata quorum are for. */
export const quorumDocumentation: Readonly<Record<keyof typeof quorumConfigs, string>> = {
  'auto.leader.rebalance.enable': 'Whether leadership goes back to preferred replicas by itself.',
  'broker.heartbeat.interval.ms':
    'Milliseconds between two heartbeats of a broker to the controller.',
  'broker.id': 'The older name of node.id.',
  'broker.rack': 'The rack that this broker is in, for the placing of replicas.',
  'broker.session.timeout.ms': 'Milliseconds without a heartbeat after which a broker is fenced.',
  'controlled.shutdown.enable': 'Whether a broker hands over its partitions before it stops.',
  'controller.listener.names': 'Listeners of the controller; the first is used to reach it.',
  'controller.performance.always.log.threshold.ms':
    'Milliseconds that work of the controller takes for it to be logged at once.',
  'controller.performance.sample.period.ms':
    'Milliseconds between two reports of the slowest work.',
  'controller.quorum.append.linger.ms':
    'Milliseconds that the quorum gathers records for before a flush.',
  'controller.quorum.auto.join.enable': 'Whether a controller becomes a voter by itself.',
  'controller.quorum.bootstrap.servers': 'Where to find the quorum, as host:port.',
  'controller.quorum.election.backoff.max.ms':
    'The longest wait between two elections, in milliseconds.',
  'controller.quorum.election.timeout.ms': 'Milliseconds after which an election is begun anew.',
  'controller.quorum.fetch.max.bytes': 'Bytes of the metadata log that are fetched at once.',
  'controller.quorum.fetch.snapshot.max.bytes':
    'Bytes of a metadata snapshot that are fetched at once.',
  'controller.quorum.fetch.timeout.ms':
    'Milliseconds without an answer of the leader after which a voter asks for an election.',
  'controller.quorum.request.timeout.ms':
    'Milliseconds that a node of the quorum waits for an answer.',
  'controller.quorum.retry.backoff.ms': 'Milliseconds from a request that failed to the next.',
  'controller.quorum.voters': 'The voters of a static quorum, as id@host:port.',
  'controller.quota.window.num': 'Samples kept for quotas of changes to topics.',
  'controller.quota.window.size.seconds': 'Seconds of a sample for quotas of changes to topics.',
  'controller.socket.timeout.ms':
    'Milliseconds that a broker waits for an answer of the controller.',
  'initial.broker.registration.timeout.ms':
    'Milliseconds in which a broker has to be registered at its start.',
  'internal.metadata.delete.delay.millis':
    'Milliseconds until files of the metadata log are removed.',
  'internal.metadata.log.segment.bytes': 'Size of a segment of the metadata log. For tests.',
  'internal.metadata.max.batch.size.in.bytes': 'The largest batch of the metadata log, in bytes.',
  'leader.imbalance.check.interval.seconds':
    'Seconds between two searches for leaders that are not preferred.',
  'metadata.log.dir': 'Where the metadata log is; in the first of log.dirs if not given.',
  'metadata.log.max.record.bytes.between.snapshots':
    'Bytes of metadata until the next snapshot of it.',
  'metadata.log.max.snapshot.interval.ms': 'Milliseconds until the next snapshot of the metadata.',
  'metadata.log.segment.bytes': 'Size of a segment of the metadata log.',
  'metadata.log.segment.ms': 'Milliseconds until the next segment of the metadata log.',
  'metadata.max.idle.interval.ms':
    'Milliseconds without a record until the controller writes an empty one.',
  'metadata.max.retention.bytes': 'Bytes of the metadata log and its snapshots that are kept.',
  'metadata.max.retention.ms':
    'Milliseconds for which the metadata log and its snapshots are kept.',
  'node.id': 'The number of this node, which no other node has.',
  'process.roles': 'What this node is: broker, controller, or both.',
  'server.max.startup.time.ms': 'Milliseconds in which a node has to have started.',
  'unstable.api.versions.enable': 'Whether API versions are served that are not finished.',
  'unstable.feature.versions.enable': 'Whether feature levels can be set that are not finished.',
}
