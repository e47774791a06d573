// node load.js LOAD PORT TOPIC NUMBER...: runs one load in a process of its own, prints what it saw.
import { fetchLoad, fill, latencyLoad, produceLoad } from './loads.js'

const loads = { fetch: fetchLoad, fill, latency: latencyLoad, produce: produceLoad }

const [name, port, topic, ...numbers] = process.argv.slice(2)
const load = loads[name as keyof typeof loads] as (
  port: number,
  topic: string,
  ...numbers: number[]
) => Promise<unknown>
console.log(JSON.stringify(await load(Number(port), topic!, ...numbers.map(Number))))
process.exit(0)
