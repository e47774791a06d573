/** Broker configs with which groups and transactions move on in a moment. */
export const PROMPT = {
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '200',
  'group.consumer.min.session.timeout.ms': '1000',
  // Of a member that says nothing any more.
  'group.consumer.session.timeout.ms': '6000',
  'group.min.session.timeout.ms': '1000',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200',
}
