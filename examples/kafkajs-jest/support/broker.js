const { startBroker } = require('samsa')

/**
 * A broker for the tests of this file: it is started once, begins each test with what the seed says,
 * and is closed at the end. Files that jest runs side by side have a broker each.
 *
 *     const broker = useBroker({ seed: { topics: { orders: { partitions: 3 } } } })
 *     test('…', async () => {
 *       const kafka = new Kafka(broker().clients.kafkajs())
 *
 * @returns what gives the broker, once tests run
 */
function useBroker(options) {
  let broker
  beforeAll(async () => {
    broker = await startBroker(options)
  })
  beforeEach(() => broker.reset())
  afterAll(() => broker.close())
  return () => broker
}

module.exports = { useBroker }
