import { RawConnection } from './raw-connection.js'
import { endOfFetched, fetchFrame, produceFrame } from './requests.js'

export const RECORD_BYTES = 1024
export const RECORDS_PER_BATCH = 16
const CONNECTIONS = 4
export const FETCH_BYTES = 1024 * 1024
/** Records between the offsets that are fetched from: a little less than a slice holds. */
const FETCH_STRIDE = 60 * RECORDS_PER_BATCH

export interface Throughput {
  readonly requests: number
  readonly bytes: number
  readonly seconds: number
}

/** Sends `nextFrame()` on each connection, so many in flight, for so long. */
async function saturate(
  port: number,
  inFlight: number,
  seconds: number,
  nextFrame: (connection: number) => Buffer,
): Promise<Throughput> {
  let requests = 0
  let bytes = 0
  let isOver = false
  const connections: RawConnection[] = []
  let unanswered = 0
  let drained: () => void = () => {}
  const allAnswered = new Promise<void>((resolve) => {
    drained = resolve
  })
  for (let index = 0; index < CONNECTIONS; index++) {
    const connection: RawConnection = await RawConnection.open(port, (size) => {
      unanswered--
      requests++
      bytes += size
      if (!isOver) {
        unanswered++
        connection.send(nextFrame(index))
      } else if (unanswered === 0) drained()
    })
    connections.push(connection)
  }
  const startedNs = process.hrtime.bigint()
  setTimeout(() => {
    isOver = true
  }, seconds * 1000)
  for (const [index, connection] of connections.entries()) {
    for (let sent = 0; sent < inFlight; sent++) {
      unanswered++
      connection.send(nextFrame(index))
    }
  }
  await allAnswered
  const elapsed = Number(process.hrtime.bigint() - startedNs) / 1e9
  for (const connection of connections) connection.close()
  return { requests, bytes, seconds: elapsed }
}

/** Batches of 16 records of 1 KB, each connection to a partition of its own, five in flight. */
export async function produceLoad(
  port: number,
  topic: string,
  seconds: number,
): Promise<Throughput> {
  const frames = Array.from({ length: CONNECTIONS }, (_, partition) =>
    produceFrame(topic, partition, RECORDS_PER_BATCH, RECORD_BYTES),
  )
  const result = await saturate(port, 5, seconds, (index) => frames[index]!)
  return { ...result, bytes: result.requests * frames[0]!.length }
}

/** Slices of 1 MB from all over the topic, two in flight on each connection. */
export async function fetchLoad(
  port: number,
  topic: string,
  records: number,
  seconds: number,
): Promise<Throughput> {
  const frames: Buffer[] = []
  for (let offset = 0; offset + FETCH_STRIDE <= records; offset += FETCH_STRIDE) {
    frames.push(fetchFrame(topic, 0, offset, FETCH_BYTES))
  }
  let next = 0
  return saturate(port, 2, seconds, () => frames[next++ % frames.length]!)
}

/**
 * Single records at a steady rate, and a fetch that waits for them.
 *
 * @returns microseconds from each record's sending to its arrival, sorted
 */
export async function latencyLoad(
  port: number,
  topic: string,
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const total = perSecond * seconds
  const latencies: number[] = []
  const sentNs: bigint[] = []
  let done: () => void = () => {}
  const finished = new Promise<void>((resolve) => {
    done = resolve
  })
  let nextOffset = 0
  const consumer: RawConnection = await RawConnection.open(
    port,
    (_, answer) => {
      const now = process.hrtime.bigint()
      const endOffset = endOfFetched(answer)
      for (; nextOffset < endOffset; nextOffset++) {
        latencies.push(Number(now - sentNs[nextOffset]!) / 1000)
      }
      if (nextOffset < total) consumer.send(fetchFrame(topic, 0, nextOffset, FETCH_BYTES))
      else done()
    },
    true,
  )
  const producer = await RawConnection.open(port, () => {})
  const frame = produceFrame(topic, 0, 1, 100)
  consumer.send(fetchFrame(topic, 0, 0, FETCH_BYTES))
  const startedNs = process.hrtime.bigint()
  const timer = setInterval(() => {
    const due = Math.min(
      total,
      Math.floor((Number(process.hrtime.bigint() - startedNs) / 1e9) * perSecond),
    )
    while (sentNs.length < due) {
      sentNs.push(process.hrtime.bigint())
      producer.send(frame)
    }
    if (sentNs.length === total) clearInterval(timer)
  }, 1)
  await finished
  consumer.close()
  producer.close()
  return latencies.sort((a, b) => a - b)
}
