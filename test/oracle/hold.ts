import { Conversation, type Exchange } from './conversation.js'
import type { Script } from './script.js'

/** Holds a script's conversation with the broker at `host:port`, telling `heard` each answer. */
export async function hold(
  script: Script,
  bootstrap: string,
  heard: (exchange: Exchange) => void,
): Promise<void> {
  const [host, port] = splitAddress(bootstrap)
  const conversation = new Conversation(host, port, heard)
  try {
    await script.run(conversation)
  } catch (error) {
    throw new Error(`${script.name} broke off after "${conversation.last}"`, { cause: error })
  } finally {
    conversation.close()
  }
}

function splitAddress(bootstrap: string): [string, number] {
  const colon = bootstrap.lastIndexOf(':')
  return [bootstrap.slice(0, colon), Number(bootstrap.slice(colon + 1))]
}
