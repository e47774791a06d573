import { TransactionalClient, type TransactionVersion } from './transactional-client.js'
import { type Caller, LOAD, readCommittedOffset, readFrom } from './workload.js'

export const TRANSACTIONS = 'transactions'
export const TRANSACTIONS_PARTITIONS = 8
export const COPIES = 'copies'
/** Long enough that none of those who come back is too late. */
const TIMEOUT_MS = 60_000
/** Those who don't come back are waited for. */
const ABANDONED_TIMEOUT_MS = 1000
const ABANDONED = 'abandoned'
const MAX_BATCHES = 4
const MAX_COPIED = 50
/** Every so manieth transaction is aborted. */
const ABORTED_ONE_OF = 4

/** `ended`: whether a commit took effect isn't known until its records are seen. */
type Fate = 'open' | 'aborted' | 'ended' | 'committed'

interface Transaction {
  readonly number: number
  /** What was sent, by partition. */
  readonly values: Map<number, string[]>
  fate: Fate
}

/** A producer that commits and aborts, and commits the number of each transaction as an offset too. */
export class TransactionalWriter {
  readonly group: string
  readonly #client: TransactionalClient
  readonly #transactions: Transaction[] = []
  #isReady = false

  /** @param topic where it writes, to all or some of its partitions */
  constructor(
    readonly id: string,
    version: TransactionVersion,
    readonly topic = TRANSACTIONS,
    readonly partitions = TRANSACTIONS_PARTITIONS,
    timeoutMs = TIMEOUT_MS,
  ) {
    this.#client = new TransactionalClient(id, version, timeoutMs)
    this.group = `group of ${id}`
  }

  /** One transaction. */
  async transact(caller: Caller, below: (bound: number) => number): Promise<void> {
    await this.recover(caller)
    this.begin()
    for (let left = 1 + below(MAX_BATCHES); left > 0; left--) {
      await this.write(caller, below(this.partitions), 1 + below(MAX_BATCHES))
    }
    await this.addOffset(caller)
    await this.end(caller, below(ABORTED_ONE_OF) > 0)
  }

  /** After a crash, whatever was open is over. */
  async recover(caller: Caller): Promise<void> {
    if (this.#isReady) return
    await this.#client.init(caller)
    this.#isReady = true
  }

  /** To be called when the broker is gone. */
  forget(): void {
    this.#isReady = false
  }

  begin(): void {
    const number = this.#transactions.length + 1
    this.#transactions.push({ number, values: new Map(), fate: 'open' })
  }

  async write(caller: Caller, partition: number, count: number): Promise<void> {
    const { number, values } = this.#transactions.at(-1)!
    const sent = values.get(partition) ?? []
    values.set(partition, sent)
    const next = Array.from({ length: count }, (_, i) => {
      return `${this.id} ${number} ${sent.length + i}`
    })
    sent.push(...next)
    await this.#client.produce(caller, this.topic, partition, next)
  }

  async addOffset(caller: Caller): Promise<void> {
    const { number } = this.#transactions.at(-1)!
    await this.#client.commitOffset(caller, this.group, this.topic, 0, number)
  }

  async end(caller: Caller, committed: boolean): Promise<void> {
    const transaction = this.#transactions.at(-1)!
    transaction.fate = committed ? 'ended' : 'aborted'
    await this.#client.end(caller, committed)
    transaction.fate = committed ? 'committed' : 'aborted'
  }

  /**
   * Holds what a consumer of committed records was given to what was committed.
   *
   * @param read its values, by partition
   * @param offset what the group has committed
   * @returns what is wrong, in words
   */
  check(read: readonly (readonly string[])[], offset: number): string[] {
    const own = read.map((values) => values.filter((value) => value.startsWith(`${this.id} `)))
    const seen = new Set(own.flat())
    for (const transaction of this.#transactions) {
      if (transaction.fate !== 'ended') continue
      const [first] = [...transaction.values.values()][0]!
      transaction.fate = seen.has(first!) ? 'committed' : 'aborted'
    }
    const committed = this.#transactions.filter(({ fate }) => fate === 'committed')
    const problems = own.flatMap((values, partition) => {
      const expected = committed.flatMap((each) => each.values.get(partition) ?? [])
      if (values.join() === expected.join()) return []
      return [`${this.topic}-${partition} has ${values.join()}, not ${expected.join()}`]
    })
    const last = committed.at(-1)?.number ?? -1
    if (offset !== last) problems.push(`${this.group} is at ${offset}, not ${last}`)
    return problems
  }
}

/** Begins transactions and never comes back: they end when their time is over. */
export class Abandoner {
  #count = 0

  /** @param idOf a transactional id that begins with the text given */
  constructor(private readonly idOf: (name: string) => string) {}

  async abandon(caller: Caller): Promise<void> {
    const id = this.idOf(`${ABANDONED} ${this.#count++}`)
    const client = new TransactionalClient(id, this.#count % 2 ? 1 : 2, ABANDONED_TIMEOUT_MS)
    await client.init(caller)
    await client.produce(caller, TRANSACTIONS, this.#count % TRANSACTIONS_PARTITIONS, [id])
    await client.commitOffset(caller, `group of ${id}`, TRANSACTIONS, 0, 1)
  }

  /** @returns what is wrong with what a consumer of committed records was given */
  check(read: readonly (readonly string[])[]): string[] {
    const seen = read.flat().filter((value) => value.startsWith(ABANDONED))
    return seen.map((value) => `${value} is seen`)
  }
}

/** Consumes a partition, and produces what it has read together with its position. */
export class Copier {
  readonly #group: string
  readonly #client: TransactionalClient
  #position: number | undefined

  /** @param id its transactional id */
  constructor(
    id: string,
    readonly partition: number,
    version: TransactionVersion,
  ) {
    this.#group = `group of ${id}`
    this.#client = new TransactionalClient(id, version, TIMEOUT_MS)
  }

  async copy(caller: Caller, below: (bound: number) => number): Promise<void> {
    await this.recover(caller)
    const { values } = await readFrom(caller, LOAD, this.partition, this.#position!)
    const copied = values.slice(0, 1 + below(MAX_COPIED))
    // Nothing has come yet.
    if (copied.length === 0) return
    const next = this.#position! + copied.length
    await this.#client.produce(caller, COPIES, this.partition, copied)
    await this.#client.commitOffset(caller, this.#group, LOAD, this.partition, next)
    const commits = below(ABORTED_ONE_OF) > 0
    await this.#client.end(caller, commits)
    if (commits) this.#position = next
  }

  async recover(caller: Caller): Promise<void> {
    if (this.#position !== undefined) return
    await this.#client.init(caller)
    this.#position = Math.max(0, await this.offset(caller))
  }

  /** To be called when the broker is gone. */
  forget(): void {
    this.#position = undefined
  }

  /** What its group has committed, -1 if nothing. */
  offset(caller: Caller): Promise<number> {
    return readCommittedOffset(caller, this.#group, LOAD, this.partition)
  }

  /** Each record was copied once, in order, as far as the group says. @returns what is wrong */
  async check(caller: Caller, copies: readonly string[]): Promise<string[]> {
    const offset = Math.max(0, await this.offset(caller))
    const expected = Array.from({ length: offset }, (_, i) => `${i}`)
    if (copies.join() === expected.join()) return []
    return [`${COPIES}-${this.partition} has ${copies.join()}, not ${offset} numbers`]
  }
}
