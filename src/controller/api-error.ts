import { ConfigException } from '../metadata/config/config-exception.js'
import { ErrorCode, errorName, KafkaError } from '../protocol/errors.js'

/** An error as a part of an answer has it (Kafka's class of that name). */
export interface ApiError {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const NO_ERROR: ApiError = { errorCode: ErrorCode.NONE, errorMessage: null }

export function apiError(errorCode: ErrorCode, errorMessage: string): ApiError {
  return { errorCode, errorMessage }
}

/**
 * What went wrong with a part of a request.
 *
 * @throws whatever isn't meant for a client
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ConfigException) return apiError(ErrorCode.INVALID_CONFIG, error.message)
  if (!(error instanceof KafkaError)) throw error
  const said = error.message !== errorName(error.code)
  return { errorCode: error.code, errorMessage: said ? error.message : null }
}

/** Runs `check`, and says what it threw. */
export function errorOf(check: () => void): ApiError {
  try {
    check()
    return NO_ERROR
  } catch (error) {
    return toApiError(error)
  }
}

/** The entries of a list whose key comes more than once. */
export function duplicates<T>(entries: readonly T[], keyOf: (entry: T) => string): Set<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const entry of entries) {
    const key = keyOf(entry)
    if (seen.has(key)) repeated.add(key)
    seen.add(key)
  }
  return repeated
}
