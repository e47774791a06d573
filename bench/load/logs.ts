import { FETCH_BYTES, RECORD_BYTES, RECORDS_PER_BATCH, type Throughput } from './loads.js'
import { RawConnection } from './raw-connection.js'
import { endOfFetched, fetchFrame, produceFrame } from './requests.js'

const IN_FLIGHT = 5
/** By the records' own time. */
export const BATCHES_A_SECOND = 1000

/** Sends `count` frames on one connection, a few in flight. */
async function sendAll(
  port: number,
  count: number,
  frameAt: (index: number) => Buffer,
): Promise<void> {
  let sent = 0
  let answered = 0
  let done: () => void = () => {}
  const finished = new Promise<void>((resolve) => {
    done = resolve
  })
  const connection: RawConnection = await RawConnection.open(port, () => {
    if (++answered === count) done()
    else if (sent < count) connection.send(frameAt(sent++))
  })
  while (sent < Math.min(IN_FLIGHT, count)) connection.send(frameAt(sent++))
  await finished
  connection.close()
}

/**
 * Writes about so many bytes to partition 0, records that are as old as `firstMs` and, every so many
 * batches, a second younger.
 *
 * @returns how many records
 */
export async function fill(
  port: number,
  topic: string,
  bytes: number,
  firstMs: number,
): Promise<number> {
  const frameOf = (second: number): Buffer =>
    produceFrame(topic, 0, RECORDS_PER_BATCH, RECORD_BYTES, firstMs + second * 1000)
  let frame = frameOf(0)
  const batches = Math.ceil(bytes / frame.length)
  await sendAll(port, batches, (index) => {
    if (index % BATCHES_A_SECOND === 0) frame = frameOf(index / BATCHES_A_SECOND)
    return frame
  })
  return batches * RECORDS_PER_BATCH
}

/** Writes a batch to each partition. */
export async function writeEach(port: number, topic: string, partitions: number): Promise<number> {
  await sendAll(port, partitions, (index) => produceFrame(topic, index, 1, RECORD_BYTES))
  return partitions
}

/** Reads partition 0 from its start to its end, as one consumer would. */
export async function scan(port: number, topic: string, records: number): Promise<Throughput> {
  let requests = 0
  let bytes = 0
  let offset = 0
  let done: () => void = () => {}
  const finished = new Promise<void>((resolve) => {
    done = resolve
  })
  const startedNs = process.hrtime.bigint()
  const connection: RawConnection = await RawConnection.open(
    port,
    (size, answer) => {
      requests++
      bytes += size
      offset = Math.max(offset, endOfFetched(answer))
      if (offset < records) connection.send(fetchFrame(topic, 0, offset, FETCH_BYTES))
      else done()
    },
    true,
  )
  connection.send(fetchFrame(topic, 0, 0, FETCH_BYTES))
  await finished
  connection.close()
  return { requests, bytes, seconds: Number(process.hrtime.bigint() - startedNs) / 1e9 }
}
