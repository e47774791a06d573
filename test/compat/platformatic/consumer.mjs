// A consumer that runs until it is ended: node consumer.mjs BOOTSTRAP TOPIC GROUP (Node 22). It begins at
// the end of the topic and prints the value of each message on a line.
import { Consumer, stringDeserializers } from '@platformatic/kafka'

const [bootstrap, topic, groupId] = process.argv.slice(2)
const consumer = new Consumer({
  clientId: 'platformatic',
  bootstrapBrokers: [bootstrap],
  groupId,
  deserializers: stringDeserializers,
  maxWaitTime: 100,
  minBytes: 1,
  retries: true,
  retryDelay: 50,
  heartbeatInterval: 200,
})
const stream = await consumer.consume({ topics: [topic], mode: 'latest', fallbackMode: 'latest' })
stream.on('data', ({ value }) => console.log(value))
stream.on('error', (error) => console.error(error))
