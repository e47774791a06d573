import t from 'tap'
import { apiVersions } from '../../../src/broker/api/api-versions.js'
import { describeCluster } from '../../../src/broker/api/describe-cluster.js'
import { metadata } from '../../../src/broker/api/metadata.js'
import type { Handler } from '../../../src/broker/handler.js'
import { ErrorCode } from '../../../src/protocol/errors.js'
import { ask, type Body, feature, peer, servicesOf, stateOf } from './admin-fixtures.js'

const SOFTWARE = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }

function handlerOf(kraftVersion = 0): Handler {
  const state = stateOf(feature('metadata.version', 30), feature('group.version', 1))
  state.provenance = { offset: 42, epoch: 1, timestampMs: 0 }
  const handlers: Handler[] = [metadata(servicesOf()), describeCluster(servicesOf())]
  const handler = apiVersions({ ...servicesOf(), handlers, metadata: state, kraftVersion })
  handlers.push(handler)
  return handler
}

t.test('ApiVersions lists what has a handler, in the order of the keys', async (t) => {
  for (const version of [0, 1, 2, 3, 4]) {
    const { errorCode, apiKeys } = await ask(handlerOf(), version, version < 3 ? {} : SOFTWARE)
    t.strictSame(
      [errorCode, apiKeys.map((it: Body) => ({ ...it }))],
      [
        ErrorCode.NONE,
        [
          { apiKey: 3, minVersion: 0, maxVersion: 13 },
          { apiKey: 18, minVersion: 0, maxVersion: 4 },
          { apiKey: 60, minVersion: 0, maxVersion: 2 },
        ],
      ],
    )
  }
})

t.test('it tells the features of the cluster', async (t) => {
  const names = (features: Body[]) => features.map(({ name }) => name)
  const body = await ask(handlerOf(), 4, SOFTWARE)
  t.equal(body.finalizedFeaturesEpoch, 42)
  t.match(body.finalizedFeatures, [
    { name: 'group.version', minVersionLevel: 1, maxVersionLevel: 1 },
    { name: 'metadata.version', minVersionLevel: 30, maxVersionLevel: 30 },
  ])
  t.ok(names(body.supportedFeatures).includes('group.version'))
  const dynamic = await ask(handlerOf(1), 4, SOFTWARE)
  t.ok(names(dynamic.finalizedFeatures).includes('kraft.version'), 'of a dynamic quorum')
  const older = await ask(handlerOf(), 3, SOFTWARE)
  t.strictSame(names(older.supportedFeatures), ['metadata.version'], 'none from level 0 on')
})

t.test('it hears what the client is', async (t) => {
  await ask(handlerOf(), 3, SOFTWARE)
  t.match(peer, SOFTWARE)
  for (const [key, bad] of [
    ['clientSoftwareName', ''],
    ['clientSoftwareName', '-x'],
    ['clientSoftwareVersion', 'a b'],
  ] as const) {
    const body = await ask(handlerOf(), 3, { ...SOFTWARE, [key]: bad })
    t.match(body, { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] })
  }
})

t.test('it has features in the order of a hash table, as Apache Kafka does', async (t) => {
  const order = async (kraftVersion: number, ...names: string[]) => {
    const state = stateOf(
      ...names.map((name) => feature(name, name === 'metadata.version' ? 30 : 1)),
    )
    const handler = apiVersions({ ...servicesOf(), handlers: [], metadata: state, kraftVersion })
    const { finalizedFeatures } = await ask(handler, 4, SOFTWARE)
    return finalizedFeatures.map(({ name }: Body) => name)
  }
  const six = [
    'metadata.version',
    'eligible.leader.replicas.version',
    'group.version',
    'share.version',
    'streams.version',
    'transaction.version',
  ]
  t.strictSame(await order(0, ...six), [
    'group.version',
    'streams.version',
    'transaction.version',
    'eligible.leader.replicas.version',
    'share.version',
    'metadata.version',
  ])
  t.strictSame(await order(1, ...six), [
    'group.version',
    'kraft.version',
    'share.version',
    'metadata.version',
    'streams.version',
    'transaction.version',
    'eligible.leader.replicas.version',
  ])
})
