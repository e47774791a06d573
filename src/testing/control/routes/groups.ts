import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import { checkSeed } from '../../seed/seed.js'
import { Seeding } from '../../seed/seeding.js'
import { asked } from '../asked.js'
import type { ControlContext } from '../context.js'
import {
  CommittedOffsets,
  Done,
  Fencing,
  Group,
  Groups,
  NewOffsets,
  Transactions,
} from '../models.js'
import { type Route, route } from '../route.js'
import { text } from '../schema.js'

/** Groups, what they have committed, and transactions. */
export const groupRoutes = (): readonly Route[] => [
  route({
    method: 'GET',
    path: '/groups',
    operationId: 'listGroups',
    summary: 'All groups with their members',
    answer: Groups,
    handle: async ({ context: { broker } }) => {
      const groupIds = await broker.groups()
      return { groups: await Promise.all(groupIds.map((id) => broker.group(id).describe())) }
    },
  }),
  route({
    method: 'GET',
    path: '/groups/{groupId}',
    operationId: 'getGroup',
    summary: 'A group with its members and what each of them has',
    answer: Group,
    handle: ({ context, params }) => existing(context, params.groupId!),
  }),
  route({
    method: 'DELETE',
    path: '/groups/{groupId}',
    operationId: 'deleteGroup',
    summary: 'Deletes a group that has no members',
    answer: Done,
    handle: async ({ context, params }) => {
      await existing(context, params.groupId!)
      await context.admin.deleteGroups([params.groupId!])
      return { done: true }
    },
  }),
  route({
    method: 'GET',
    path: '/groups/{groupId}/offsets',
    operationId: 'getOffsets',
    summary: 'What a group has committed, and how far it is behind',
    query: { topic: text('Of this topic only.') },
    answer: CommittedOffsets,
    handle: ({ context, params, query }) => offsetsOf(context, params.groupId!, query.topic),
  }),
  route({
    method: 'PUT',
    path: '/groups/{groupId}/offsets',
    operationId: 'commitOffsets',
    summary: 'Commits offsets for a group that has no members',
    body: NewOffsets,
    answer: CommittedOffsets,
    handle: async ({ context, params, body }) => {
      const groupId = params.groupId!
      const seed = await asked(() => checkSeed({ groups: { [groupId]: body } }))
      await new Seeding(context.running(), context.admin, context.nowMs).apply(seed)
      return offsetsOf(context, groupId)
    },
  }),
  route({
    method: 'GET',
    path: '/transactions',
    operationId: 'listTransactions',
    summary: 'All transactional ids, with what is under way of each',
    answer: Transactions,
    handle: async ({ context: { broker } }) => ({ transactions: await broker.transactions() }),
  }),
  route({
    method: 'POST',
    path: '/transactions/{transactionalId}/fence',
    operationId: 'fenceProducer',
    summary: 'Gives the transactional id a new epoch, as another producer of that id would',
    answer: Fencing,
    handle: ({ context: { broker }, params }) =>
      broker.faults.fenceProducer(params.transactionalId!),
  }),
]

/** @throws KafkaError GROUP_ID_NOT_FOUND */
async function existing({ broker }: ControlContext, groupId: string) {
  const group = await broker.group(groupId).describe()
  if (group.state !== 'Dead') return group
  throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND, `there is no group ${groupId}`)
}

async function offsetsOf({ broker }: ControlContext, groupId: string, topic?: string) {
  const all = await broker.group(groupId).offsets()
  const offsets = topic === undefined ? all : all.filter((each) => each.topic === topic)
  return { offsets, lag: offsets.reduce((sum, { lag }) => sum + lag, 0) }
}
