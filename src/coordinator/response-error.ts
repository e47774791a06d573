import { ErrorCode, errorName, KafkaError } from '../protocol/errors.js'

/**
 * An append's error as the coordinator's clients are to see it: one on which they look for the
 * coordinator again, or ask again (Kafka's `CoordinatorOperationExceptionHelper`).
 */
export function asResponseError(error: KafkaError): KafkaError {
  const code = responseCode(error.code)
  return code === error.code ? error : new KafkaError(code, undefined, { cause: error })
}

/** What an answer says beside the code: nothing where there is nothing more to say. */
export function messageOf({ code, message }: KafkaError): string | null {
  return code === ErrorCode.UNKNOWN_SERVER_ERROR || message === errorName(code) ? null : message
}

function responseCode(code: ErrorCode): ErrorCode {
  switch (code) {
    case ErrorCode.NETWORK_EXCEPTION:
      return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR
    default:
      return code
  }
}
