import { fetch } from '../../../src/broker/api/fetch.js'
import type { Handler } from '../../../src/broker/handler.js'
import { batchSize } from '../../../src/protocol/records/batch.js'
import { buildBatch } from '../../../src/protocol/records/builder.js'
import { recordsOf } from '../../../src/protocol/records/record.js'
import type { Teardown } from '../../support/teardown.js'
import { type Body, DataPlane } from './data-plane-fixture.js'

/** The version that the tests ask in. */
export const VERSION = 17

export function batchOf(...values: string[]): Buffer {
  return buildBatch({ records: values.map((value) => ({ value: Buffer.from(value) })) })
}

export function valuesIn(records: Buffer): string[] {
  const values: string[] = []
  for (let at = 0; records.length - at >= 61; at += batchSize(records, at)) {
    if (records.length - at < batchSize(records, at)) break
    for (const { value } of recordsOf(records, at)) values.push(String(value))
  }
  return values
}

export interface Wanted {
  readonly topicId: string
  readonly partition?: number
  readonly fetchOffset?: number
  readonly [field: string]: unknown
}

export function bodyOf(wanted: readonly Wanted[], more: object = {}): object {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    sessionId: 0,
    sessionEpoch: -1,
    topics: wanted.map(({ topicId, ...each }) => ({
      topicId,
      partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000, ...each }],
    })),
    forgottenTopicsData: [],
    ...more,
  }
}

export interface Rig {
  readonly plane: DataPlane
  readonly handler: Handler
  ask(wanted: readonly Wanted[], more?: object, version?: number): Promise<Body>
}

export async function rigFor(
  t: Teardown,
  properties: Readonly<Record<string, string>> = {},
): Promise<Rig> {
  const plane = await DataPlane.start(t, properties)
  const handler = fetch(plane)
  return {
    plane,
    handler,
    ask: async (wanted, more, version = VERSION) =>
      (await plane.ask(handler, version, bodyOf(wanted, more))) as Body,
  }
}

/** Answers by topic and partition: `[[index, error, values], …]`. */
export function summary(answer: Body): unknown[] {
  return answer.responses.flatMap((topic: Body) =>
    topic.partitions.map((each: Body) => [
      each.partitionIndex,
      each.errorCode,
      valuesIn(each.records),
    ]),
  )
}
