import { ErrorCode, KafkaError } from '../protocol/errors.js'
import {
  type AclOperation,
  type Authorizer,
  ResourceType,
  type Subject,
} from '../security/authorizer.js'

/** @throws KafkaError TRANSACTIONAL_ID_AUTHORIZATION_FAILED */
export function requireTransactionalId(
  authorizer: Authorizer,
  subject: Subject,
  operation: AclOperation,
  transactionalId: string,
): void {
  const { TRANSACTIONAL_ID } = ResourceType
  if (authorizer.isAllowed(subject, operation, TRANSACTIONAL_ID, transactionalId)) return
  throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
}
