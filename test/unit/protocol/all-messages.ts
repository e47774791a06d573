import { apis } from '../../../src/protocol/apis.js'
import { RequestHeader, ResponseHeader } from '../../../src/protocol/codec/headers.js'
import type { AnyMessage } from '../../../src/protocol/codec/index.js'
import {
  groupRecords,
  metadataRecords,
  shareStateRecords,
  transactionRecords,
} from '../../../src/protocol/record-types.js'
import * as consumerProtocol from '../../../src/protocol/schema/consumer-protocol.js'
import * as control from '../../../src/protocol/schema/control-records.js'
import * as principal from '../../../src/protocol/schema/principal.js'
import * as producerSnapshot from '../../../src/protocol/schema/producer-snapshot.js'
import * as quorumState from '../../../src/protocol/schema/quorum-state.js'
import * as remoteLog from '../../../src/protocol/schema/remote-log-records.js'

/** Every message of the protocol. */
export const allMessages: readonly AnyMessage[] = [
  RequestHeader,
  ResponseHeader,
  ...[...apis.values()].flatMap(({ request, response }) => [request, response]),
  ...metadataRecords.values(),
  ...[groupRecords, transactionRecords, shareStateRecords]
    .flatMap((types) => [...types.values()])
    .flatMap(({ key, value }) => [key, value]),
  ...[consumerProtocol, control, principal, producerSnapshot, quorumState, remoteLog].flatMap(
    (schemas): AnyMessage[] => Object.values(schemas),
  ),
]

/** Every message in every version, those among them that are served only on request. */
export function* everyVersion(): Generator<{ message: AnyMessage; version: number }> {
  for (const message of allMessages) {
    for (const { min, max } of [message.legacy, message.versions]) {
      for (let version = min; version <= max; version++) yield { message, version }
    }
  }
}
