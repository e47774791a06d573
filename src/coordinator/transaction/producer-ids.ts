import { NEEDS_PRODUCER_ID } from './decisions.js'

/** Where producer ids come from that nobody has had. */
export interface ProducerIds {
  /** Rejects with a KafkaError COORDINATOR_LOAD_IN_PROGRESS when there are none now. */
  generate(): Promise<number>
}

/**
 * Runs an operation, and where it turns out that it needs a producer id, once more with one: others may
 * have been at work meanwhile, so that it decides anew.
 */
export async function withProducerId<R>(
  producerIds: ProducerIds,
  run: (newProducerId: number | undefined) => Promise<R | typeof NEEDS_PRODUCER_ID>,
): Promise<R> {
  let newProducerId: number | undefined
  for (;;) {
    const answer = await run(newProducerId)
    if (answer !== NEEDS_PRODUCER_ID) return answer
    newProducerId = await producerIds.generate()
  }
}
