import { ErrorCode, KafkaError } from '../protocol/errors.js'

const INTERNAL: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])
const MAX_LENGTH = 249

/** Kafka's `Topic.isInternal`: topics that brokers keep for themselves. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL.has(name)
}

function fault(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return "'.' or '..' is not allowed"
  if (name.length > MAX_LENGTH)
    return `the length of '${name}' is longer than the max allowed length ${MAX_LENGTH}`
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return undefined
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** Kafka's `Topic.isValid`. */
export function isLegalTopicName(name: string): boolean {
  return fault(name) === undefined
}

/**
 * Kafka's `Topic.validate`.
 *
 * @throws KafkaError INVALID_TOPIC_EXCEPTION that says what is wrong
 */
export function requireLegalTopicName(name: string): void {
  const reason = fault(name)
  if (reason === undefined) return
  throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${reason}`)
}
