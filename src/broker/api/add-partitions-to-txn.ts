import {
  type AddedToTransaction,
  allOfTransaction,
  answerOf,
  eachOfTransaction,
  type TransactionToAddTo,
  transactionsToAddTo,
  VERSION_WITH_BATCHES,
} from '../../coordinator/transaction/added-partitions.js'
import type { TransactionCoordinator } from '../../coordinator/transaction/transaction-coordinator.js'
import type { MetadataImage } from '../../metadata/image.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
} from '../../protocol/schema/add-partitions-to-txn.js'
import {
  AclOperation,
  type Authorizer,
  CLUSTER_NAME,
  ResourceType,
} from '../../security/authorizer.js'
import { type Handler, handler, type RequestContext } from '../handler.js'
import { isInternalTopic } from '../internal-topic.js'

export interface AddPartitionsToTxnServices {
  readonly authorizer: Authorizer
  readonly metadata: MetadataImage
  readonly transactions: TransactionCoordinator
}

/**
 * Adds partitions to transactions, or verifies that they are in them (Kafka's
 * `KafkaApis.handleAddPartitionsToTxnRequest`). All partitions of a transaction, or none.
 *
 * Versions 0 to 3 are of clients, and of one transaction. From version 4 on brokers ask for several
 * (KIP-890).
 */
export const addPartitionsToTxn = (services: AddPartitionsToTxnServices): Handler =>
  handler(AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, {
    handle: async (context, request) => {
      const { apiVersion } = context
      if (apiVersion >= VERSION_WITH_BATCHES) requireBroker(services.authorizer, context)
      const transactions = transactionsToAddTo(apiVersion, request)
      const refused = new Map<TransactionToAddTo, AddedToTransaction>()
      for (const transaction of transactions) {
        const refusal = refusalOf(services, context, transaction)
        if (refusal !== undefined) refused.set(transaction, refusal)
      }
      const allowed = transactions.filter((each) => !refused.has(each))
      const added = await services.transactions.addToTransactions(context, allowed)
      const results = transactions.map((each) => refused.get(each) ?? added.shift()!)
      return answerOf(apiVersion, results)
    },
    refuse: (request, { code }, { apiVersion }) => {
      if (apiVersion >= VERSION_WITH_BATCHES) return answerOf(apiVersion, [], code)
      const failed = transactionsToAddTo(apiVersion, request).map((transaction) =>
        allOfTransaction(transaction, code),
      )
      return answerOf(apiVersion, failed, code)
    },
  })

/** What is answered of a transaction when not all of it may be added. */
function refusalOf(
  { authorizer, metadata }: AddPartitionsToTxnServices,
  context: RequestContext,
  transaction: TransactionToAddTo,
): AddedToTransaction | undefined {
  // Brokers have looked at what their clients may do.
  const isFromClient = context.apiVersion < VERSION_WITH_BATCHES
  const may = (type: ResourceType, name: string) =>
    !isFromClient || authorizer.isAllowed(context, AclOperation.WRITE, type, name)
  if (!may(ResourceType.TRANSACTIONAL_ID, transaction.transactionalId)) {
    return allOfTransaction(transaction, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  }
  let isRefused = false
  const result = eachOfTransaction(transaction, (topic, partition) => {
    const mayWrite = !(isFromClient && isInternalTopic(topic)) && may(ResourceType.TOPIC, topic)
    const isThere = metadata.topicsByName.get(topic)?.partitions.has(partition) ?? false
    if (mayWrite && isThere) return ErrorCode.OPERATION_NOT_ATTEMPTED
    isRefused = true
    return mayWrite ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.TOPIC_AUTHORIZATION_FAILED
  })
  return isRefused ? result : undefined
}

function requireBroker(authorizer: Authorizer, context: RequestContext): void {
  const { CLUSTER_ACTION } = AclOperation
  if (authorizer.isAllowed(context, CLUSTER_ACTION, ResourceType.CLUSTER, CLUSTER_NAME)) return
  throw new KafkaError(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
}
