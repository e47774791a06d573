import type { FaultSpec } from '../../faults/fault-spec.js'
import type { Fault } from '../../faults/faults.js'
import { asked } from '../asked.js'
import type { ControlContext } from '../context.js'
import { badRequest, notFound } from '../control-error.js'
import { Done, FaultModel, FaultSpecModel, Faults } from '../models.js'
import { type Route, route } from '../route.js'

/** What is to go wrong. */
export const faultRoutes = (): readonly Route[] => [
  route({
    method: 'GET',
    path: '/faults',
    operationId: 'listFaults',
    summary: 'Faults that may still strike, in the order in which they were made',
    answer: Faults,
    handle: ({ context: { broker } }) => ({ faults: broker.faults.active.map(faultModel) }),
  }),
  route({
    method: 'POST',
    path: '/faults',
    operationId: 'addFault',
    summary: 'Makes a fault; answers when it is in force',
    body: FaultSpecModel,
    answer: FaultModel,
    handle: async ({ context: { broker }, body }) => {
      const fault = await asked(() => broker.faults.add(body as FaultSpec))
      await fault.ready
      return faultModel(fault)
    },
  }),
  route({
    method: 'DELETE',
    path: '/faults',
    operationId: 'clearFaults',
    summary: 'Stops all faults: what they hold back is answered, what they have closed opens',
    answer: Done,
    handle: async ({ context: { broker } }) => {
      await broker.faults.clear()
      return { done: true }
    },
  }),
  route({
    method: 'GET',
    path: '/faults/{id}',
    operationId: 'getFault',
    summary: 'A fault, and how far it has come',
    answer: FaultModel,
    handle: ({ context, params }) => faultModel(faultOf(context, params.id!)),
  }),
  route({
    method: 'DELETE',
    path: '/faults/{id}',
    operationId: 'stopFault',
    summary: 'Stops a fault',
    answer: FaultModel,
    handle: async ({ context, params }) => {
      const fault = faultOf(context, params.id!)
      await fault.stop()
      return faultModel(fault)
    },
  }),
]

function faultOf({ broker }: ControlContext, id: string): Fault {
  if (!/^\d+$/.test(id)) throw badRequest(`the id of a fault is a number, not ${id}`)
  const fault = broker.faults.get(Number(id))
  if (fault === undefined) throw notFound(`there is no fault ${id}`)
  return fault
}

const faultModel = ({ id, spec, calls, hits, isActive }: Fault) => ({
  id,
  spec: withoutRegExps(spec),
  calls,
  hits,
  isActive,
})

/** Those of code are between slashes in JSON. */
function withoutRegExps(spec: FaultSpec): FaultSpec {
  const entries = Object.entries(spec).map(([name, value]) => [
    name,
    (value as unknown) instanceof RegExp ? String(value) : value,
  ])
  return Object.fromEntries(entries) as FaultSpec
}
