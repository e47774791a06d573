import type { LeaderAndEpoch } from '../raft/client.js'
import type { MetadataDelta } from './delta.js'
import type { MetadataImage } from './image.js'

/**
 * Learns what the metadata log says (Kafka's `MetadataPublisher`). Called in log order, one at a
 * time, in the order in which publishers were installed; may not throw.
 */
export interface MetadataPublisher {
  /** `image` has all of `delta` applied. The first call brings all that there is. */
  onMetadataUpdate(delta: MetadataDelta, image: MetadataImage): void
  /** The quorum has another leader or epoch; the leader is the active controller. */
  onControllerChange?(leader: LeaderAndEpoch): void
}
