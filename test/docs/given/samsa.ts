// What snippets import as `samsa`: the library itself, of which nothing stays open after a snippet.
import { type BrokerOptions, type RunningBroker, startBroker as start } from '../../../src/index.js'
import { endAll, ending } from './endings.js'

export * from '../../../src/index.js'

export async function startBroker(options?: BrokerOptions): Promise<RunningBroker> {
  const broker = await start(options)
  const close = broker.close.bind(broker)
  // Clients that outlive their broker would only try to reach it.
  broker.close = async () => {
    await endAll('clients')
    await close()
  }
  ending('brokers', () => broker.close())
  return broker
}
