import { Conversation, type Exchange } from './conversation.js'
import type { Script } from './script.js'
import { splitAddress } from './wire-client.js'

/** Holds a script's conversation with the broker at `host:port`, telling `heard` each answer. */
export async function hold(
  script: Script,
  bootstrap: string,
  heard: (exchange: Exchange) => void = () => {},
): Promise<Exchange[]> {
  const [host, port] = splitAddress(bootstrap)
  const exchanges: Exchange[] = []
  const conversation = new Conversation(host, port, (exchange) => {
    exchanges.push(exchange)
    heard(exchange)
  })
  try {
    await script.run(conversation)
  } catch (error) {
    throw new Error(`${script.name} broke off after "${conversation.last}"`, { cause: error })
  } finally {
    conversation.close()
  }
  return exchanges
}
