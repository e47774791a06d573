// A member of a group: node member.mjs BOOTSTRAP GROUP TOPIC NAME=VALUE..., with configs of librdkafka.
// It prints `assigned 0 1 2` when that changes and `read VALUE` for each record, and leaves when its
// standard input ends.
import { kafkaOf } from './client.mjs'

const [bootstrap, groupId, topic, ...configs] = process.argv.slice(2)
const held = new Set()
const tell = () => console.log('assigned', ...[...held].sort((a, b) => a - b))

const consumer = kafkaOf(bootstrap).consumer({
  kafkaJS: { groupId, fromBeginning: true, autoCommit: false },
  ...Object.fromEntries(configs.map((config) => config.split('='))),
  rebalance_cb: (error, partitions) => {
    // librdkafka names what happens as an error: partitions are assigned, or revoked.
    for (const { partition } of partitions) {
      if (error.code === -175) held.add(partition)
      else held.delete(partition)
    }
    tell()
  },
})
await consumer.connect()
await consumer.subscribe({ topic })
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    console.log('read', String(message.value))
    const offset = `${Number(message.offset) + 1}`
    // One that comes too late is for nothing: whoever has the partition now reads it again.
    await consumer.commitOffsets([{ topic, partition, offset }]).catch(() => {})
  },
})
process.stdin.resume().on('end', () => consumer.disconnect().then(() => process.exit(0)))
