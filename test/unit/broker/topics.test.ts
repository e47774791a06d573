import t from 'tap'
import { createPartitions } from '../../../src/broker/api/create-partitions.js'
import { createTopics } from '../../../src/broker/api/create-topics.js'
import { deleteTopics } from '../../../src/broker/api/delete-topics.js'
import { ZERO_UUID } from '../../../src/protocol/codec/index.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import { AclOperation, ResourceType } from '../../../src/security/authorizer.js'
import {
  ask,
  type Body,
  broker,
  configOf,
  forbidding,
  peer,
  ScriptedController,
  servicesOf,
  stateOf,
  TOPIC_A,
  TOPIC_B,
  topic,
} from './admin-fixtures.js'

const { INVALID_REQUEST, TOPIC_AUTHORIZATION_FAILED, REQUEST_TIMED_OUT } = ErrorCode
const { CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER } = AclOperation

const byName = (topics: Body[]): Body[] => [...topics].sort((a, b) => (a.name < b.name ? -1 : 1))

const creation = (names: string[], timeoutMs = 1000) => ({
  topics: names.map((name) => ({
    name,
    numPartitions: 2,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  })),
  timeoutMs,
  validateOnly: false,
})

const creator = () =>
  new ScriptedController(({ topics }) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, numPartitions }: Body) => ({
      name,
      topicId: TOPIC_A,
      errorCode: 0,
      errorMessage: null,
      numPartitions,
      replicationFactor: 1,
      configs: [
        { name: 'retention.ms', value: '1', readOnly: false, configSource: 1, isSensitive: false },
      ],
    })),
  }))

t.test('CreateTopics', async (t) => {
  t.test('passes on what the controller can decide', async (t) => {
    const controller = creator()
    const body = await ask(createTopics(servicesOf({ controller })), 7, creation(['a']))
    t.match(body.topics, [
      { name: 'a', topicId: TOPIC_A, errorCode: 0, numPartitions: 2, configs: [{ value: '1' }] },
    ])
    t.match(controller.asked, [{ api: 'CreateTopics', version: 7, principal: 'User:ANONYMOUS' }])
  })

  t.test('refuses what is there twice, and the metadata log', async (t) => {
    const controller = creator()
    const request = creation(['twice', 'a', '__cluster_metadata', 'twice'])
    const body = await ask(createTopics(servicesOf({ controller })), 7, request)
    t.match(byName(body.topics), [
      {
        name: '__cluster_metadata',
        errorCode: INVALID_REQUEST,
        errorMessage: 'Creation of internal topic __cluster_metadata is prohibited.',
      },
      { name: 'a', errorCode: 0 },
      { name: 'twice', errorCode: INVALID_REQUEST, errorMessage: 'Duplicate topic name.' },
    ])
    t.match(controller.asked, [{ request: { topics: [{ name: 'a' }] } }])
  })

  t.test('is for those who may create the topic, or any', async (t) => {
    const creates = (isForbidden: Parameters<typeof forbidding>[0]) =>
      ask(
        createTopics(servicesOf({ controller: creator(), authorizer: forbidding(isForbidden) })),
        7,
        creation(['a']),
      )
    const { topics } = await creates((operation) => operation === CREATE)
    t.match(topics, [{ errorCode: TOPIC_AUTHORIZATION_FAILED, topicId: ZERO_UUID }])
    for (const allowed of [ResourceType.CLUSTER, ResourceType.TOPIC]) {
      const body = await creates((operation, type) => operation === CREATE && type !== allowed)
      t.match(body.topics, [{ errorCode: 0 }])
    }
  })

  t.test('keeps settings from those who may not see them', async (t) => {
    const authorizer = forbidding((operation) => operation === DESCRIBE_CONFIGS)
    const services = servicesOf({ controller: creator(), authorizer })
    t.match((await ask(createTopics(services), 7, creation(['a']))).topics, [
      {
        errorCode: 0,
        topicConfigErrorCode: TOPIC_AUTHORIZATION_FAILED,
        numPartitions: -1,
        replicationFactor: -1,
        configs: [],
      },
    ])
  })
})

t.test('a request for the controller', async (t) => {
  t.test('is put again while there is no active one', async (t) => {
    const controller = creator()
    const absent = [1, 2, 3]
    const request: typeof controller.request = async (...given) => {
      if (absent.pop()) throw new KafkaError(ErrorCode.NOT_CONTROLLER)
      return ScriptedController.prototype.request.apply(controller, given) as never
    }
    const services = servicesOf({ controller: { request } })
    const { topics } = await ask(createTopics(services), 7, creation(['a']))
    t.match(topics, [{ errorCode: 0 }])
  })

  t.test('times out when none comes', async (t) => {
    const request = () => Promise.reject(new KafkaError(ErrorCode.NOT_CONTROLLER))
    const services = servicesOf({ controller: { request } })
    const { topics } = await ask(createTopics(services), 7, creation(['a'], 500))
    t.match(topics, [{ errorCode: REQUEST_TIMED_OUT, errorMessage: null }])
    t.equal(services.clocks.pacing.now(), 500)
  })

  t.test('is given up when the client has left', async (t) => {
    const request = () => {
      for (const listener of peer.closeListeners) listener()
      return Promise.reject(new KafkaError(ErrorCode.NOT_CONTROLLER))
    }
    const services = servicesOf({ controller: { request } })
    await ask(createTopics(services), 7, creation(['a'], 500))
    t.ok(services.clocks.pacing.now() < 500)
    t.equal(peer.closeListeners.size, 0)
  })

  t.test('is not begun without time for it', async (t) => {
    const controller = creator()
    for (const timeoutMs of [0, -1]) {
      const services = servicesOf({ controller })
      const { topics } = await ask(createTopics(services), 7, creation(['a'], timeoutMs))
      t.match(topics, [{ errorCode: REQUEST_TIMED_OUT }])
    }
    t.equal(controller.asked.length, 0)
  })

  t.test('fails with what the controller throws', async (t) => {
    const request = () => Promise.reject(new Error('broken'))
    const services = servicesOf({ controller: { request } })
    const { topics } = await ask(createTopics(services), 7, creation(['a']))
    t.match(topics, [{ name: 'a', errorCode: ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage: null }])
  })
})

t.test('CreatePartitions', async (t) => {
  const controller = new ScriptedController(({ topics }) => ({
    throttleTimeMs: 0,
    results: topics.map(({ name }: Body) => ({ name, errorCode: 0, errorMessage: null })),
  }))
  const authorizer = forbidding((operation, _, name) => operation === ALTER && name === 'b')
  const topics = ['a', 'b', 'c', 'c'].map((name) => ({ name, count: 3, assignments: null }))
  const request = { topics, timeoutMs: 1000, validateOnly: true }
  const body = await ask(createPartitions(servicesOf({ controller, authorizer })), 3, request)
  t.match(byName(body.results), [
    { name: 'a', errorCode: 0 },
    { name: 'b', errorCode: TOPIC_AUTHORIZATION_FAILED },
    { name: 'c', errorCode: INVALID_REQUEST, errorMessage: 'Duplicate topic name.' },
  ])
  t.match(controller.asked, [{ request: { topics: [{ name: 'a' }], validateOnly: true } }])
})

t.test('DeleteTopics', async (t) => {
  const state = stateOf(broker(1), ...topic('a', TOPIC_A, [[1]]), ...topic('b', TOPIC_B, [[1]]))
  const deleter = () =>
    new ScriptedController(({ topics }) => ({
      throttleTimeMs: 0,
      responses: topics.map((it: Body) => ({ ...it, errorCode: 0, errorMessage: null })),
    }))
  const remove = async (topics: Body[], authorizer = forbidding(() => false)) => {
    const controller = deleter()
    const handler = deleteTopics(servicesOf({ state, controller, authorizer }))
    const request = { topics, timeoutMs: 1000 }
    const { responses } = await ask(handler, 6, request)
    return { responses, asked: controller.asked.flatMap(({ request }) => request.topics) }
  }
  const named = (name: string) => ({ name, topicId: ZERO_UUID })
  const byId = (topicId: string) => ({ name: null, topicId })

  t.test('takes names and ids, and asks the controller by id', async (t) => {
    const { responses, asked } = await remove([named('a'), byId(TOPIC_B)])
    t.match(byName(responses), [
      { name: 'a', topicId: TOPIC_A, errorCode: 0 },
      { name: 'b', topicId: TOPIC_B, errorCode: 0 },
    ])
    t.strictSame(asked.map(({ topicId }: Body) => topicId).sort(), [TOPIC_A, TOPIC_B])
  })

  t.test('remembers what a client has deleted, as far as it could be', async (t) => {
    const services = servicesOf({ state, controller: deleter() })
    await ask(deleteTopics(services), 6, { topics: [named('a'), named('no')], timeoutMs: 1000 })
    const { deletedTopics } = services
    t.notOk(deletedTopics.take(peer, 'no'))
    t.notOk(deletedTopics.take({ ...peer }, 'a'), 'nobody else')
    t.ok(deletedTopics.take(peer, 'a'))
    t.notOk(deletedTopics.take(peer, 'a'), 'once')
    for (let n = 0; n <= 1000; n++) deletedTopics.add(peer, `t${n}`)
    t.notOk(deletedTopics.take(peer, 't0'), 'it has a bound')
    t.ok(deletedTopics.take(peer, 't1'))
  })

  t.test('takes names only before version 6', async (t) => {
    const handler = deleteTopics(servicesOf({ state, controller: deleter() }))
    const { responses } = await ask(handler, 5, { topicNames: ['a', 'no'], timeoutMs: 1000 })
    t.match(byName(responses), [
      { name: 'a', errorCode: 0, errorMessage: null },
      { name: 'no', errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
    ])
  })

  t.test('refuses what names no topic, or none clearly', async (t) => {
    const nobody = 'dddddddddddddddddddddA'
    for (const [topics, expected] of [
      [[named('no')], { name: 'no', errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }],
      [[byId(nobody)], { name: null, topicId: nobody, errorCode: ErrorCode.UNKNOWN_TOPIC_ID }],
      [[byId(ZERO_UUID)], { name: null, errorCode: INVALID_REQUEST }],
      [[{ name: 'a', topicId: TOPIC_A }], { name: 'a', errorCode: INVALID_REQUEST }],
      [[named('a'), named('a')], { name: 'a', errorCode: INVALID_REQUEST }],
      [[byId(TOPIC_A), byId(TOPIC_A)], { name: null, errorCode: INVALID_REQUEST }],
      [[byId(TOPIC_A), named('a')], { name: 'a', topicId: TOPIC_A, errorCode: INVALID_REQUEST }],
    ] as [Body[], Body][]) {
      const { responses, asked } = await remove(topics)
      t.match(responses, [expected])
      t.equal(responses.length, 1)
      t.strictSame(asked, [])
    }
  })

  t.test('tells nothing about topics to those who may not see them', async (t) => {
    const seesNot = forbidding((_, type) => type === ResourceType.TOPIC || type === 4)
    const code = TOPIC_AUTHORIZATION_FAILED
    for (const [given, expected] of [
      [named('a'), { name: 'a', topicId: ZERO_UUID }],
      [named('no'), { name: 'no', topicId: ZERO_UUID }],
      [byId(TOPIC_A), { name: null, topicId: TOPIC_A }],
    ] as [Body, Body][]) {
      t.match((await remove([given], seesNot)).responses, [{ ...expected, errorCode: code }])
    }
    const seesOnly = forbidding((operation) => operation === DELETE)
    t.match((await remove([byId(TOPIC_A)], seesOnly)).responses, [{ name: 'a', errorCode: code }])
    const mayDeleteAll = forbidding(
      (operation, type) =>
        (operation === DELETE || operation === DESCRIBE) && type === ResourceType.TOPIC,
    )
    t.match((await remove([byId(TOPIC_A)], mayDeleteAll)).responses, [{ errorCode: 0 }])
  })

  t.test('can be switched off', async (t) => {
    const config = configOf({ 'delete.topic.enable': 'false' })
    const handler = deleteTopics(servicesOf({ state, controller: deleter(), config }))
    for (const [version, errorCode] of [
      [2, INVALID_REQUEST],
      [3, ErrorCode.TOPIC_DELETION_DISABLED],
    ] as const) {
      const { responses } = await ask(handler, version, { topicNames: ['a'], timeoutMs: 1000 })
      t.match(responses, [{ name: 'a', errorCode }])
    }
  })
})
