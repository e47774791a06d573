import type { remoteStorageConfigs } from '../broker/remote-storage.js'

/** What the configurations of remote storage are for that topics don't have themselves. */
export const remoteStorageDocumentation: Readonly<
  Partial<Record<keyof typeof remoteStorageConfigs, string>>
> = {
  'follower.fetch.last.tiered.offset.enable':
    'Whether a new follower begins after what is in remote storage.',
  'remote.fetch.max.wait.ms': 'Milliseconds that a fetch waits for remote storage.',
  'remote.list.offsets.request.timeout.ms':
    'Milliseconds that ListOffsets waits for remote storage.',
  'remote.log.index.file.cache.total.size.bytes':
    'Bytes of indexes from remote storage kept on disk.',
  'remote.log.index.file.cache.ttl.ms': 'Milliseconds for which such an index is kept.',
  'remote.log.manager.copier.thread.pool.size': 'Threads that copy segments to remote storage.',
  'remote.log.manager.copy.max.bytes.per.second': 'How fast segments are copied to remote storage.',
  'remote.log.manager.copy.quota.window.num': 'Samples kept for the quota of such copies.',
  'remote.log.manager.copy.quota.window.size.seconds': 'Seconds of a sample of that quota.',
  'remote.log.manager.expiration.thread.pool.size': 'Threads that delete from remote storage.',
  'remote.log.manager.fetch.max.bytes.per.second': 'How fast is read from remote storage.',
  'remote.log.manager.fetch.quota.window.num': 'Samples kept for the quota of such reads.',
  'remote.log.manager.fetch.quota.window.size.seconds': 'Seconds of a sample of that quota.',
  'remote.log.manager.follower.thread.pool.size': 'Threads that follow what is in remote storage.',
  'remote.log.manager.task.interval.ms': 'Milliseconds between two searches for segments to copy.',
  'remote.log.manager.task.retry.backoff.max.ms': 'The longest wait until such work is retried.',
  'remote.log.manager.task.retry.backoff.ms': 'The first wait until such work is retried.',
  'remote.log.manager.task.retry.jitter': 'The part of that wait that is random.',
  'remote.log.manager.thread.pool.size': 'Threads for the work around remote storage.',
  'remote.log.metadata.custom.metadata.max.bytes':
    'The largest piece of data that a remote storage may add about a segment.',
  'remote.log.metadata.manager.class.name': 'Java class that keeps what is in remote storage.',
  'remote.log.metadata.manager.class.path': 'Where that class is.',
  'remote.log.metadata.manager.impl.prefix': 'How the names of its configurations begin.',
  'remote.log.metadata.manager.listener.name': 'The listener by which it reaches the brokers.',
  'remote.log.reader.max.pending.tasks': 'Reads from remote storage that may wait.',
  'remote.log.reader.threads': 'Threads that read from remote storage.',
  'remote.log.storage.manager.class.name': 'Java class that reads and writes remote storage.',
  'remote.log.storage.manager.class.path': 'Where that class is.',
  'remote.log.storage.manager.impl.prefix': 'How the names of its configurations begin.',
  'remote.log.storage.system.enable': 'Whether there is remote storage.',
}
