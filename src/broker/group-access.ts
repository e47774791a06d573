import { ErrorCode, KafkaError } from '../protocol/errors.js'
import {
  type AclOperation,
  type Authorizer,
  ResourceType,
  type Subject,
} from '../security/authorizer.js'

/** @throws KafkaError GROUP_AUTHORIZATION_FAILED */
export function requireGroup(
  authorizer: Authorizer,
  subject: Subject,
  operation: AclOperation,
  groupId: string,
): void {
  if (authorizer.isAllowed(subject, operation, ResourceType.GROUP, groupId)) return
  throw new KafkaError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
}
