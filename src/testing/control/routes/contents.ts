import type { Seed } from '../../seed/seed.js'
import { parseSeed, type SeedFormat } from '../../seed/seed-file.js'
import type { BrokerSnapshot } from '../../snapshot/snapshot.js'
import { asked } from '../asked.js'
import { badRequest, ControlError, notFound } from '../control-error.js'
import { Done, SeedModel, SnapshotModel, Snapshots } from '../models.js'
import { type Route, route } from '../route.js'
import { JSON_TYPE } from '../router.js'
import { type JsonSchema, text } from '../schema.js'
import type { InTurn } from '../turns.js'

const MEDIA_TYPES: Readonly<Record<string, SeedFormat>> = {
  [JSON_TYPE]: 'json',
  'application/yaml': 'yaml',
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
  'application/jsonl': 'jsonl',
  'application/x-ndjson': 'jsonl',
  'text/csv': 'csv',
}
const SCHEMAS: Readonly<Record<SeedFormat, JsonSchema>> = {
  json: SeedModel,
  yaml: SeedModel,
  jsonl: text(),
  csv: text(),
}
/** Kept at once, and the records in them, all together. */
const MAX_SNAPSHOTS = 100
const MAX_SNAPSHOT_BYTES = 256 * 1024 * 1024

/** What is in the broker: to be filled, remembered, and gone back to. */
export const contentRoutes = (inTurn: InTurn): readonly Route[] => [
  seedRoute(inTurn),
  resetRoute(inTurn),
  ...snapshotRoutes(new KeptSnapshots(), inTurn),
]

const seedRoute = (inTurn: InTurn): Route =>
  route({
    method: 'POST',
    path: '/seed',
    operationId: 'seed',
    summary: 'Brings about what a seed says, beside what is there; a reset goes back to that',
    query: { topic: text('Of records in JSONL or CSV that do not say theirs.') },
    textBody: {
      mediaTypes: Object.fromEntries(
        Object.entries(MEDIA_TYPES).map(([type, format]) => [type, SCHEMAS[format]]),
      ),
      description: 'A seed: JSON and YAML by topics and groups; JSONL and CSV a record a line.',
    },
    answer: Done,
    handle: async ({ context: { broker }, query: { topic }, body, mediaType }) => {
      const format = MEDIA_TYPES[mediaType]!
      const seed = await asked(() => seedIn(String(body), format, topic))
      await inTurn(() => asked(() => broker.seed(seed)))
      return { done: true }
    },
  })

const resetRoute = (inTurn: InTurn): Route =>
  route({
    method: 'POST',
    path: '/reset',
    operationId: 'reset',
    summary: 'Back to what the seeds brought; faults end, and the journal is empty',
    answer: Done,
    handle: async ({ context: { broker } }) => {
      await inTurn(() => broker.reset())
      return { done: true }
    },
  })

const snapshotRoutes = (snapshots: KeptSnapshots, inTurn: InTurn): readonly Route[] => [
  route({
    method: 'GET',
    path: '/snapshots',
    operationId: 'listSnapshots',
    summary: 'What was remembered',
    answer: Snapshots,
    handle: () => ({ snapshots: snapshots.list() }),
  }),
  route({
    method: 'POST',
    path: '/snapshots',
    operationId: 'takeSnapshot',
    summary: 'Remembers what there is now, as long as the broker runs',
    answer: SnapshotModel,
    handle: async ({ context: { broker } }) => {
      snapshots.requireRoom()
      return snapshots.keep(await inTurn(() => broker.snapshot()))
    },
  }),
  route({
    method: 'POST',
    path: '/snapshots/{id}/restore',
    operationId: 'restoreSnapshot',
    summary: 'Back to what there was then',
    answer: SnapshotModel,
    handle: async ({ context: { broker }, params }) => {
      const snapshot = snapshots.get(params.id!)
      await inTurn(() => broker.restore(snapshot))
      return snapshotModel(params.id!, snapshot)
    },
  }),
  route({
    method: 'DELETE',
    path: '/snapshots/{id}',
    operationId: 'forgetSnapshot',
    summary: 'Forgets a snapshot',
    answer: Done,
    handle: ({ params }) => {
      snapshots.forget(params.id!)
      return { done: true }
    },
  }),
]

/** Snapshots by the ids that they are asked for by. */
class KeptSnapshots {
  readonly #snapshots = new Map<string, BrokerSnapshot>()
  #lastId = 0

  /** @throws ControlError 409 */
  requireRoom(): void {
    let bytes = 0
    for (const snapshot of this.#snapshots.values()) bytes += snapshot.bytes
    if (this.#snapshots.size < MAX_SNAPSHOTS && bytes < MAX_SNAPSHOT_BYTES) return
    const message = `there are ${this.#snapshots.size} snapshots of ${bytes} bytes: delete one first`
    throw new ControlError(409, 'TOO_MANY_SNAPSHOTS', message)
  }

  keep(snapshot: BrokerSnapshot) {
    const id = String(++this.#lastId)
    this.#snapshots.set(id, snapshot)
    return snapshotModel(id, snapshot)
  }

  list() {
    return [...this.#snapshots].map(([id, snapshot]) => snapshotModel(id, snapshot))
  }

  /** @throws ControlError 404 */
  get(id: string): BrokerSnapshot {
    const snapshot = this.#snapshots.get(id)
    if (snapshot === undefined) throw notFound(`there is no snapshot ${id}`)
    return snapshot
  }

  /** @throws ControlError 404 */
  forget(id: string): void {
    this.get(id)
    this.#snapshots.delete(id)
  }
}

const snapshotModel = (id: string, { topics, groups, bytes }: BrokerSnapshot) => ({
  id,
  topics: topics.length,
  groups: groups.length,
  bytes,
})

/** The text is what a file would hold: it is never taken for a path. */
async function seedIn(content: string, format: SeedFormat, topic = ''): Promise<Seed> {
  const seed = await parseSeed(content, format, 'the seed', topic)
  if (Object.hasOwn(seed.topics ?? {}, '')) {
    throw badRequest(
      'there are records that do not say their topic: say it in the query, ?topic=NAME',
    )
  }
  return seed
}
