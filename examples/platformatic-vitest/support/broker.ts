import { type BrokerOptions, type RunningBroker, startBroker } from 'samsa'
import { afterAll, beforeEach } from 'vitest'

/**
 * A broker for the tests of this file: it is started once, begins each test with what the seed says,
 * and is closed at the end. Files that vitest runs side by side have a broker each.
 *
 *     const broker = await useBroker({ seed: { topics: { orders: { partitions: 3 } } } })
 */
export async function useBroker(options: BrokerOptions = {}): Promise<RunningBroker> {
  const broker = await startBroker(options)
  beforeEach(() => broker.reset())
  afterAll(() => broker.close())
  return broker
}
