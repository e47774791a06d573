import t from 'tap'
import { BrokerLifecycle } from '../../../src/broker/broker-lifecycle.js'
import type { ControllerApi, ControllerChannel } from '../../../src/controller/channel.js'
import { silentLogger } from '../../../src/env/logger.js'
import { ErrorCode, KafkaError } from '../../../src/protocol/errors.js'
import type { BrokerHeartbeatRequest } from '../../../src/protocol/schema/broker-heartbeat.js'
import { until } from '../../support/until.js'
import { ManualClock } from '../storage/storage-fixture.js'

const HEARTBEAT_MS = 2000
const REGISTRATION_TIMEOUT_MS = 60_000

/** A controller that answers as the test says. */
class FakeController implements ControllerChannel {
  readonly asked: { api: ControllerApi; request: unknown }[] = []
  registration: () => object = () => ({ throttleTimeMs: 0, errorCode: 0, brokerEpoch: 17 })
  heartbeat: (request: BrokerHeartbeatRequest) => object = () => ({})

  get heartbeats(): BrokerHeartbeatRequest[] {
    return this.asked
      .filter(({ api }) => api === 'BrokerHeartbeat')
      .map(({ request }) => request as BrokerHeartbeatRequest)
  }

  async request(api: ControllerApi, _version: number, request: unknown): Promise<never> {
    this.asked.push({ api, request })
    if (api === 'BrokerRegistration') return this.registration() as never
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      isCaughtUp: true,
      isFenced: false,
      shouldShutDown: false,
      ...this.heartbeat(request as BrokerHeartbeatRequest),
    } as never
  }
}

function brokerWith(channel: ControllerChannel) {
  const clock = new ManualClock()
  const lifecycle = new BrokerLifecycle({
    nodeId: 3,
    clusterId: 'MkU3OEVBNTcwNTJENDM2Qg',
    incarnationId: 'cG9zc2libHktYS10b3BpYw',
    listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
    features: new Map([['metadata.version', { min: 7, max: 30 }]]),
    rack: 'r1',
    directories: ['b', 'a'],
    previousEpoch: 11,
    channel,
    clock,
    logger: silentLogger,
    heartbeatIntervalMs: HEARTBEAT_MS,
    registrationTimeoutMs: REGISTRATION_TIMEOUT_MS,
    metadataOffset: () => 42,
  })
  return { clock, lifecycle }
}

/** Lets time pass in small steps while others get their turns, until `done` has come. */
async function pass<T>(clock: ManualClock, done: Promise<T>): Promise<T> {
  let isDone = false
  const settled = done.finally(() => {
    isDone = true
  })
  settled.catch(() => {})
  await until(() => {
    clock.advance(500)
    return isDone
  })
  return settled
}

t.test('a broker registers with all that it is', async (t) => {
  const controller = new FakeController()
  const { lifecycle } = brokerWith(controller)
  await lifecycle.register()
  t.equal(lifecycle.brokerEpoch, 17)
  t.match(controller.asked, [
    {
      api: 'BrokerRegistration',
      request: {
        brokerId: 3,
        listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }],
        features: [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }],
        rack: 'r1',
        logDirs: ['a', 'b'],
        previousBrokerEpoch: 11,
      },
    },
  ])
})

t.test('it asks again until it is registered', async (t) => {
  const controller = new FakeController()
  const answers = [
    () => {
      throw new KafkaError(ErrorCode.NOT_CONTROLLER)
    },
    () => ({ errorCode: ErrorCode.DUPLICATE_BROKER_REGISTRATION, brokerEpoch: -1 }),
    () => ({ errorCode: 0, brokerEpoch: 5 }),
  ]
  controller.registration = () => answers.shift()!()
  const { clock, lifecycle } = brokerWith(controller)
  await pass(clock, lifecycle.register())
  t.equal(lifecycle.brokerEpoch, 5)
})

t.test('but not for ever', async (t) => {
  const controller = new FakeController()
  controller.registration = () => ({ errorCode: ErrorCode.DUPLICATE_BROKER_REGISTRATION })
  const { clock, lifecycle } = brokerWith(controller)
  await t.rejects(pass(clock, lifecycle.register()), {
    code: ErrorCode.DUPLICATE_BROKER_REGISTRATION,
  })
})

t.test('it is fenced until the controller lets it in', async (t) => {
  const controller = new FakeController()
  let isFenced = true
  controller.heartbeat = () => ({ isFenced })
  const { clock, lifecycle } = brokerWith(controller)
  await lifecycle.register()
  let isIn = false
  const unfenced = lifecycle.unfence().then(() => {
    isIn = true
  })
  await until(() => {
    clock.advance(50)
    return controller.heartbeats.length >= 3
  })
  t.equal(isIn, false)
  t.match(controller.heartbeats[0], {
    brokerEpoch: 17,
    wantFence: false,
    currentMetadataOffset: 42,
  })
  isFenced = false
  await pass(clock, unfenced)
  t.equal(lifecycle.isFenced, false)
  lifecycle.close()
  t.equal(clock.pendingTimers, 0)
})

t.test('heartbeats come at their interval; a failed directory is told at once', async (t) => {
  const controller = new FakeController()
  const { clock, lifecycle } = brokerWith(controller)
  await lifecycle.register()
  await lifecycle.unfence()
  t.equal(controller.heartbeats.length, 1)
  await until(() => clock.pendingTimers === 1, 'the next one to be set')
  clock.advance(HEARTBEAT_MS - 1)
  t.equal(controller.heartbeats.length, 1)
  clock.advance(1)
  await until(() => controller.heartbeats.length === 2, 'the second heartbeat')
  await until(() => clock.pendingTimers === 1, 'the third to be set')
  lifecycle.directoryFailed('b')
  await until(() => controller.heartbeats.length === 3, 'the third heartbeat')
  t.strictSame(controller.heartbeats[2]!.offlineLogDirs, ['b'])
  lifecycle.close()
})

t.test('a controlled shutdown goes on until the controller agrees', async (t) => {
  const controller = new FakeController()
  const { clock, lifecycle } = brokerWith(controller)
  await lifecycle.register()
  await lifecycle.unfence()
  const before = controller.heartbeats.length
  controller.heartbeat = ({ wantShutDown }) => ({
    shouldShutDown: wantShutDown && controller.heartbeats.length >= before + 3,
  })
  await pass(clock, lifecycle.shutdown(60_000))
  t.ok(controller.heartbeats.slice(before).every(({ wantShutDown }) => wantShutDown))
  t.ok(controller.heartbeats.length >= before + 3)
  t.equal(clock.pendingTimers, 0, 'nothing is left')
})

t.test('and ends without it when the controller says nothing', async (t) => {
  const controller = new FakeController()
  const { clock, lifecycle } = brokerWith(controller)
  await lifecycle.register()
  await lifecycle.unfence()
  controller.heartbeat = () => {
    throw new KafkaError(ErrorCode.NOT_CONTROLLER)
  }
  await pass(clock, lifecycle.shutdown(10_000))
  t.equal(clock.pendingTimers, 0, 'nothing is left')
})
