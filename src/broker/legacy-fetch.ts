import type { Disk } from '../env/disk.js'
import { KafkaError } from '../protocol/errors.js'
import { convertDown } from '../protocol/records/index.js'
import { type FetchedPartition, failedPartition } from './fetch-partition.js'

/** From this version on, messages have timestamps (KIP-32). */
const VERSION_WITH_TIMESTAMPS = 2

/**
 * Turns what was fetched into the message sets of Fetch before version 4 (Kafka 3.9's
 * `KafkaApis.maybeDownConvertData`), each partition in a turn of the event loop of its own. What can't be
 * turned is answered as an error of its partition.
 */
export async function convertFetched(
  fetched: readonly FetchedPartition[],
  apiVersion: number,
  disk: Disk,
): Promise<void> {
  const magic = apiVersion < VERSION_WITH_TIMESTAMPS ? 0 : 1
  for (const { request, answer } of fetched) {
    if (answer.records.length === 0) continue
    await new Promise<void>((resolve) => disk.atTurnEnd(resolve))
    try {
      answer.records = convertDown(answer.records, magic, request.fetchOffset)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      Object.assign(answer, failedPartition(request.partition, error.code))
    }
  }
}
