import { after, beforeEach } from 'node:test'
import { startBroker } from 'samsa'

/**
 * A broker for the tests of this file: it is started once, begins each test with what the seed says,
 * and is closed at the end.
 *
 *     const broker = await useBroker({ seed: { topics: { orders: { partitions: 3 } } } })
 */
export async function useBroker(options) {
  const broker = await startBroker(options)
  beforeEach(() => broker.reset())
  after(() => broker.close())
  return broker
}
