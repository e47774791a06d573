// node load.js LOAD PORT TOPIC NUMBER...: runs one load in a process of its own, prints what it saw.
import { groupLoad } from './group-load.js'
import { fetchLoad, latencyLoad, produceLoad } from './loads.js'
import { fill, scan, writeEach } from './logs.js'

const loads = {
  classic: groupLoad.bind(undefined, 'classic'),
  consumer: groupLoad.bind(undefined, 'consumer'),
  each: writeEach,
  fetch: fetchLoad,
  fill,
  latency: latencyLoad,
  produce: produceLoad,
  scan,
}

const [name, port, topic, ...numbers] = process.argv.slice(2)
const load = loads[name as keyof typeof loads] as (
  port: number,
  topic: string,
  ...numbers: number[]
) => Promise<unknown>
console.log(JSON.stringify(await load(Number(port), topic!, ...numbers.map(Number))))
process.exit(0)
