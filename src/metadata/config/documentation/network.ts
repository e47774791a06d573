import type { networkConfigs } from '../broker/network.js'

/** What the configurations of connections, requests, replication and quotas are for. */
export const networkDocumentation: Readonly<Record<keyof typeof networkConfigs, string>> = {
  'advertised.listeners':
    'Addresses that clients are told to connect to; those of listeners if not given.',
  'alter.log.dirs.replication.quota.window.num':
    'Samples kept for quotas of moves between directories.',
  'alter.log.dirs.replication.quota.window.size.seconds':
    'Seconds of a sample for quotas of moves between directories.',
  'background.threads': 'Threads for various work in the background.',
  'client.quota.callback.class': 'Java class that decides on the quotas of clients.',
  'config.providers': 'Where values come from that configurations refer to by name.',
  'connection.failed.authentication.delay.ms':
    'Milliseconds after which a connection is closed whose authentication has failed.',
  'connections.max.idle.ms': 'Milliseconds without a request after which a connection is closed.',
  'delete.records.purgatory.purge.interval.requests':
    'Waiting DeleteRecords after which those that are answered are cleared away.',
  'early.start.listeners': 'Listeners that open before the authorizer is ready.',
  'fetch.max.bytes': 'The largest answer to a fetch, in bytes.',
  'fetch.purgatory.purge.interval.requests':
    'Waiting fetches after which those that are answered are cleared away.',
  'inter.broker.listener.name': 'The listener that brokers talk to each other by.',
  'kafka.metrics.polling.interval.secs': 'Seconds between two polls of the old metrics reporters.',
  'kafka.metrics.reporters': 'Java classes that report the old metrics.',
  'listener.security.protocol.map': 'The security protocol of each listener, as NAME:PROTOCOL.',
  listeners: 'Addresses to listen at, as NAME://host:port.',
  'max.connection.creation.rate': 'New connections that are taken in a second.',
  'max.connections': 'Connections that are open at once.',
  'max.connections.per.ip': 'Connections that are open at once from one address.',
  'max.connections.per.ip.overrides':
    'Other limits of connections for some addresses, as host:count.',
  'max.incremental.fetch.session.cache.slots': 'Incremental fetch sessions that are kept at once.',
  'max.request.partition.size.limit':
    'Partitions that one answer to DescribeTopicPartitions may have.',
  'metric.reporters': 'Java classes that report metrics.',
  'metrics.num.samples': 'Samples that metrics are computed from.',
  'metrics.recording.level': 'How much is measured.',
  'metrics.sample.window.ms': 'Milliseconds of a sample that metrics are computed from.',
  'num.io.threads': 'Threads that answer requests.',
  'num.network.threads': 'Threads of a listener that read and write.',
  'num.replica.alter.log.dirs.threads': 'Threads that move replicas between directories.',
  'num.replica.fetchers': 'Fetchers for each broker that this one follows.',
  'producer.purgatory.purge.interval.requests':
    'Waiting produces after which those that are answered are cleared away.',
  'queued.max.request.bytes':
    'Bytes of requests that wait until no more are read; -1 for no limit.',
  'queued.max.requests': 'Requests that wait until no more are read.',
  'quota.window.num': 'Samples kept for quotas of clients.',
  'quota.window.size.seconds': 'Seconds of a sample for quotas of clients.',
  'replica.fetch.backoff.ms': 'Milliseconds that a follower waits after a fetch has failed.',
  'replica.fetch.max.bytes': 'Bytes of a partition that a follower fetches at once.',
  'replica.fetch.min.bytes': 'Bytes that a follower waits for.',
  'replica.fetch.response.max.bytes': 'Bytes of all partitions that a follower fetches at once.',
  'replica.fetch.wait.max.ms': 'Milliseconds that a fetch of a follower waits for records.',
  'replica.high.watermark.checkpoint.interval.ms':
    'Milliseconds between two notes of high watermarks.',
  'replica.lag.time.max.ms':
    'Milliseconds that a follower may be behind before it leaves the in-sync replicas.',
  'replica.selector.class': 'Java class that picks the replica that a consumer reads from.',
  'replica.socket.receive.buffer.bytes': 'Receive buffer of the sockets of followers.',
  'replica.socket.timeout.ms': 'Milliseconds that a follower waits for an answer.',
  'replication.quota.window.num': 'Samples kept for quotas of replication.',
  'replication.quota.window.size.seconds': 'Seconds of a sample for quotas of replication.',
  'request.timeout.ms': 'Milliseconds that this node waits for the answer to a request of its own.',
  'socket.connection.setup.timeout.max.ms':
    'The longest wait for a connection to be made, in milliseconds.',
  'socket.connection.setup.timeout.ms':
    'The first wait for a connection to be made, in milliseconds.',
  'socket.listen.backlog.size': 'Connections that may wait to be accepted.',
  'socket.receive.buffer.bytes': 'Receive buffer of sockets; -1 for that of the system.',
  'socket.request.max.bytes': 'The largest request that is read, in bytes.',
  'socket.send.buffer.bytes': 'Send buffer of sockets; -1 for that of the system.',
  'telemetry.max.bytes': 'The largest set of metrics that a client may send, in bytes.',
}
