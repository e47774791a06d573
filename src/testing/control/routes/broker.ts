import type { FaultKind } from '../../faults/fault-spec.js'
import type { Duration } from '../../running-broker.js'
import { asked } from '../asked.js'
import type { ControlContext } from '../context.js'
import { ControlError } from '../control-error.js'
import { Advance, AdvertisedListeners, ClockModel, Done, Health } from '../models.js'
import { type Route, route } from '../route.js'
import type { InTurn } from '../turns.js'

/** Kinds of faults in which no client can use the broker. */
const OUTAGES: ReadonlySet<FaultKind> = new Set(['down', 'fenceBroker'])

const clockOf = ({ broker: { clock } }: ControlContext) => ({
  isVirtual: clock.isVirtual,
  nowMs: clock.now(),
  now: new Date(clock.now()).toISOString(),
})

/** The broker as a whole. */
export const brokerRoutes = (inTurn: InTurn): readonly Route[] => [
  route({
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    summary: 'Where clients can use the broker; 503 when they can not',
    answer: Health,
    handle: ({ context: { broker, running } }) => {
      running()
      const outage = broker.faults.active.find(({ spec }) => OUTAGES.has(spec.kind))
      if (outage !== undefined) {
        const message = `fault ${outage.id} (${outage.spec.kind}) keeps clients from the broker`
        throw new ControlError(503, 'BROKER_DOWN', message)
      }
      const { bootstrapServers, clusterId, nodeId, profile } = broker
      return { status: 'ok' as const, bootstrapServers, clusterId, nodeId, profile }
    },
  }),
  route({
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: "Prometheus's text format, with Kafka's names of metrics",
    answer: { mediaType: 'text/plain; version=0.0.4' },
    handle: ({ context: { metrics } }) => metrics.text(),
  }),
  route({
    method: 'GET',
    path: '/clock',
    operationId: 'getClock',
    summary: 'The time that sessions, transactions, retention and segments go by',
    answer: ClockModel,
    handle: ({ context }) => clockOf(context),
  }),
  route({
    method: 'POST',
    path: '/clock',
    operationId: 'advanceClock',
    summary: 'Moves a virtual clock on; answers when what falls due on the way has happened',
    body: Advance,
    answer: ClockModel,
    handle: async ({ context, body: { advance } }) => {
      if (!context.broker.clock.isVirtual) {
        throw new ControlError(409, 'CLOCK_NOT_VIRTUAL', 'the clock is not virtual')
      }
      await asked(() => context.broker.clock.advance(advance as Duration))
      return clockOf(context)
    },
  }),
  route({
    method: 'PUT',
    path: '/advertised-listeners',
    operationId: 'advertise',
    summary: 'Tells clients from now on to come to an address, as behind a forwarded port',
    body: AdvertisedListeners,
    answer: AdvertisedListeners,
    handle: async ({ context: { broker }, body: { address } }) => {
      await asked(() => broker.advertise(address))
      return { address }
    },
  }),
  route({
    method: 'POST',
    path: '/restart',
    operationId: 'restart',
    summary: 'Stops the broker and starts it again on the same port, with its data',
    answer: Done,
    handle: async ({ context: { broker } }) => {
      await inTurn(() => broker.restart())
      return { done: true }
    },
  }),
]
