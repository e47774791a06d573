import { ErrorCode, KafkaError } from '../errors.js'

/** Bytes that aren't what a checksum or a format says they are. */
export function corrupt(message: string): KafkaError {
  return new KafkaError(ErrorCode.CORRUPT_MESSAGE, message)
}

/** Records that are well formed, but may not be. */
export function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_RECORD, message)
}
