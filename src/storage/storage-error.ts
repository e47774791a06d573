import { ErrorCode, KafkaError } from '../protocol/errors.js'

/** KAFKA_STORAGE_ERROR for what befell a disk. */
export function storageError(path: string, cause: Error): KafkaError {
  if (cause instanceof KafkaError) return cause
  return new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, `${path}: ${cause.message}`, { cause })
}
