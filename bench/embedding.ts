import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startBroker } from '../src/index.js'
import { RawConnection } from './load/raw-connection.js'
import { createTopic, endOfFetched, fetchFrame, produceFrame } from './load/requests.js'

const CYCLES = 200
/** The first ones are slower: Node hasn't compiled anything yet, and what it compiles takes memory. */
const WARM_UP = 300
const BYTES = 100
const FETCH_BYTES = 1_000_000

interface Cycle {
  readonly startMs: number
  /** Until a record has come back, the start included. */
  readonly recordMs: number
  readonly closeMs: number
  /** What the whole of it took of the processor, this client included. */
  readonly cpuMs: number
}

async function cycle(): Promise<Cycle> {
  const begunMs = performance.now()
  const begunCpu = process.cpuUsage()
  const broker = await startBroker()
  const startMs = performance.now() - begunMs
  const port = Number(broker.bootstrapServers.split(':')[1])
  await createTopic(port, 'orders', 1)
  const answers: ((bytes: Buffer) => void)[] = []
  const connection = await RawConnection.open(port, (_, bytes) => answers.shift()!(bytes), true)
  const ask = (frame: Buffer): Promise<Buffer> =>
    new Promise((resolve) => {
      answers.push(resolve)
      connection.send(frame)
    })
  await ask(produceFrame('orders', 0, 1, BYTES))
  const end = endOfFetched(await ask(fetchFrame('orders', 0, 0, FETCH_BYTES)))
  if (end !== 1) throw new Error(`fetched up to ${end}`)
  const recordMs = performance.now() - begunMs
  connection.close()
  const closedMs = performance.now()
  await broker.close()
  const { user, system } = process.cpuUsage(begunCpu)
  return {
    startMs,
    recordMs,
    closeMs: performance.now() - closedMs,
    cpuMs: (user + system) / 1000,
  }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}

/** A broker in this process, started and closed two hundred times. */
export async function embedding(): Promise<void> {
  const first = await cycle()
  for (let n = 1; n < WARM_UP; n++) await cycle()
  const heap = heapBytes()
  const handles = process.getActiveResourcesInfo().length
  const cycles: Cycle[] = []
  for (let n = 0; n < CYCLES; n++) cycles.push(await cycle())
  const of = (name: keyof Cycle) => median(cycles.map((each) => each[name])).toFixed(1)
  const grownKb = ((heapBytes() - heap) / CYCLES / 1000).toFixed(2)
  const figures: readonly (readonly [string, string | number])[] = [
    ['startBroker(), ms', of('startMs')],
    ['startBroker() until a record is produced and fetched, ms', of('recordMs')],
    ['close(), ms', of('closeMs')],
    ['all of it, ms CPU', of('cpuMs')],
    ['the first of the process: startBroker(), ms', first.startMs.toFixed(1)],
    ['the first of the process: until a record is fetched, ms', first.recordMs.toFixed(1)],
    ['the first of the process: all of it, ms CPU', first.cpuMs.toFixed(1)],
    ['heap growth a cycle, kB', grownKb],
    ['handles more than before', process.getActiveResourcesInfo().length - handles],
  ]
  console.log(`| median of ${CYCLES} cycles | |\n| --- | ---: |`)
  for (const [name, value] of figures) console.log(`| ${name} | ${value} |`)
}
