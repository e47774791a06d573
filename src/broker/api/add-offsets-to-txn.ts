import type { GroupCoordinator } from '../../coordinator/group/group-coordinator.js'
import { OFFSETS_TOPIC } from '../../coordinator/group/offsets-topic.js'
import { TopicPartitions } from '../../coordinator/transaction/topic-partitions.js'
import type { TransactionCoordinator } from '../../coordinator/transaction/transaction-coordinator.js'
import {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
} from '../../protocol/schema/add-offsets-to-txn.js'
import { AclOperation, type Authorizer } from '../../security/authorizer.js'
import { requireGroup } from '../group-access.js'
import { type Handler, handler } from '../handler.js'
import { requireTransactionalId } from '../transaction-access.js'

export interface AddOffsetsToTxnServices {
  readonly authorizer: Authorizer
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
}

/** Makes the partition that a group's offsets are in part of a transaction, which is to commit some. */
export const addOffsetsToTxn = (services: AddOffsetsToTxnServices): Handler =>
  handler(AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, {
    handle: (context, request) => {
      const { authorizer, groups, transactions } = services
      const { transactionalId, groupId } = request
      requireTransactionalId(authorizer, context, AclOperation.WRITE, transactionalId)
      requireGroup(authorizer, context, AclOperation.READ, groupId)
      const offsets = new TopicPartitions()
      offsets.add(OFFSETS_TOPIC, groups.partitionFor(groupId))
      return transactions.addOffsetsToTxn(context, request, offsets)
    },
    refuse: (_, { code }) => ({ throttleTimeMs: 0, errorCode: code }),
  })
