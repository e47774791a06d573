import { InvalidMetadataError, type MetadataState } from './metadata-state.js'
import type { MetadataRecord } from './record.js'

/**
 * Replays records into a state, those of a metadata transaction (KIP-868) only when it ends; an
 * aborted one leaves nothing.
 */
export class TransactionReplay {
  #pending: MetadataRecord[] | undefined

  constructor(private readonly state: MetadataState) {}

  /** A transaction was begun and neither ended nor aborted. */
  get inTransaction(): boolean {
    return this.#pending !== undefined
  }

  /** @throws InvalidMetadataError and UnsupportedMetadataError, see {@link MetadataState.replay} */
  replay(record: MetadataRecord): void {
    switch (record.type) {
      case 'BeginTransactionRecord':
        if (this.#pending) throw new InvalidMetadataError('A metadata transaction in another one.')
        this.#pending = []
        break
      case 'EndTransactionRecord':
        for (const pending of this.#end()) this.state.replay(pending)
        break
      case 'AbortTransactionRecord':
        this.#end()
        break
      default:
        if (this.#pending) this.#pending.push(record)
        else this.state.replay(record)
    }
  }

  #end(): readonly MetadataRecord[] {
    const pending = this.#pending
    if (!pending) throw new InvalidMetadataError('The end of a metadata transaction without one.')
    this.#pending = undefined
    return pending
  }
}
