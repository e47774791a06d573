import { KafkaError } from '../protocol/errors.js'
import { convertDown } from '../protocol/records/index.js'
import { type FetchedPartition, failedPartition } from './fetch-partition.js'

/** From this version on, messages have timestamps (KIP-32). */
const VERSION_WITH_TIMESTAMPS = 2

/**
 * Turns what was fetched into the message sets of Fetch before version 4 (Kafka 3.9's
 * `KafkaApis.maybeDownConvertData`). What can't be turned is answered as an error of its partition.
 */
export function convertFetched(fetched: readonly FetchedPartition[], apiVersion: number): void {
  const magic = apiVersion < VERSION_WITH_TIMESTAMPS ? 0 : 1
  for (const { request, answer } of fetched) {
    if (answer.records.length === 0) continue
    try {
      answer.records = convertDown(answer.records, magic, request.fetchOffset)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      Object.assign(answer, failedPartition(request.partition, error.code))
    }
  }
}
