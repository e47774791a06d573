import type { logConfigs } from '../broker/log.js'

/** What the configurations of logs are for that topics don't have themselves. */
export const logDocumentation: Readonly<Partial<Record<keyof typeof logConfigs, string>>> = {
  'alter.config.policy.class.name': 'Java class that decides which configurations may be changed.',
  'auto.create.topics.enable': 'Whether a topic is created when a client asks for its metadata.',
  'cordoned.log.dirs': 'Log directories that take no new partitions.',
  'create.topic.policy.class.name': 'Java class that decides which topics may be created.',
  'default.replication.factor': 'Replicas of a topic that is created without saying how many.',
  'delete.topic.enable': 'Whether topics may be deleted.',
  'log.cleaner.backoff.ms': 'Milliseconds that the cleaner rests when there is nothing to compact.',
  'log.cleaner.dedupe.buffer.size': 'Bytes for the keys of the logs that are being compacted.',
  'log.cleaner.enable': 'Whether logs are compacted.',
  'log.cleaner.io.buffer.load.factor': 'How full the buffer for keys may get, from 0 to 1.',
  'log.cleaner.io.buffer.size': 'Bytes for reading and writing while logs are compacted.',
  'log.cleaner.io.max.bytes.per.second': 'How fast the cleaner may read and write.',
  'log.cleaner.threads': 'Threads that compact logs.',
  'log.dir': 'Where the data is, unless log.dirs says so.',
  'log.dir.failure.timeout.ms':
    'Milliseconds after which a broker stops that cannot tell the controller of a failed directory.',
  'log.dirs': 'Directories for the data, separated by commas.',
  'log.flush.offset.checkpoint.interval.ms':
    'Milliseconds between two notes of how far logs are flushed, from which recovery goes on.',
  'log.flush.scheduler.interval.ms': 'Milliseconds between two searches for logs to be flushed.',
  'log.flush.start.offset.checkpoint.interval.ms':
    'Milliseconds between two notes of where logs start.',
  'log.initial.task.delay.ms': 'Milliseconds from the start to the first work in the background.',
  'log.retention.check.interval.ms':
    'Milliseconds between two searches for segments to be deleted.',
  'log.retention.hours':
    'As log.retention.ms, in hours, if neither that nor the minutes are given.',
  'log.retention.minutes': 'As log.retention.ms, in minutes, if that is not given.',
  'log.roll.hours': 'As log.roll.ms, in hours, if that is not given.',
  'log.roll.jitter.hours': 'As log.roll.jitter.ms, in hours, if that is not given.',
  'num.partitions': 'Partitions of a topic that is created without saying how many.',
  'num.recovery.threads.per.data.dir': 'Threads that recover and close logs, for each directory.',
  'unclean.leader.election.interval.ms':
    'Milliseconds between two searches for partitions that need an unclean leader.',
}
