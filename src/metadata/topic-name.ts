import { ErrorCode, KafkaError } from '../protocol/errors.js'

const MAX_LENGTH = 249

/** Why no topic can have this name, undefined when one can. */
function fault(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > MAX_LENGTH) {
    return `the length of '${name}' is longer than the max allowed length ${MAX_LENGTH}`
  }
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return undefined
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** Kafka's `Topic.isValid`. */
export function isTopicName(name: string): boolean {
  return fault(name) === undefined
}

/** @throws KafkaError INVALID_TOPIC_EXCEPTION that says what is wrong (Kafka's `Topic.validate`) */
export function requireTopicName(name: string): void {
  const reason = fault(name)
  if (reason === undefined) return
  throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${reason}`)
}

/** Names that differ only in `.` and `_` would collide in the names of metrics. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
