import { startBroker } from '../../src/index.js'
import type { Teardown } from './teardown.js'

/** What tests needn't wait for. */
const QUICK = { 'group.initial.rebalance.delay.ms': '0' }

/**
 * Where the broker under test listens: one of its own for the calling file, or another broker named
 * by SAMSA_TEST_BOOTSTRAP, so that what the tests expect can be tried on Apache Kafka.
 */
export async function bootstrapFor(t: Teardown, config: Record<string, string> = {}) {
  const other = process.env.SAMSA_TEST_BOOTSTRAP
  if (other) return other
  const broker = await startBroker({ profile: 'kafka', config: { ...QUICK, ...config } })
  t.teardown(() => broker.close())
  return broker.bootstrapServers
}
