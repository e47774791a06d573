import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { CoordinatorLog } from './coordinator-log.js'
import { PartitionCoordinator, type PartitionCoordinatorOptions } from './partition-coordinator.js'
import { ReplayTurns } from './replay-turns.js'
import type { Operation, StateMachine } from './state-machine.js'
import type { TransactionalWriter, TransactionEnd } from './transaction.js'

export type CoordinatorRuntimeOptions<S extends StateMachine> = Omit<
  PartitionCoordinatorOptions<S>,
  'log' | 'turns'
>

interface Led<S extends StateMachine> {
  leaderEpoch: number
  readonly log: CoordinatorLog
  readonly coordinator: PartitionCoordinator<S>
}

/**
 * The partitions of one coordinator's topic that this node leads, with a state machine each (Kafka's
 * `CoordinatorRuntime`). The same for groups, transactions and share partitions: what they decide is
 * in their {@link StateMachine}.
 */
export class CoordinatorRuntime<S extends StateMachine> {
  readonly #led = new Map<number, Led<S>>()
  readonly #turns: ReplayTurns
  #closed = false

  constructor(private readonly options: CoordinatorRuntimeOptions<S>) {
    this.#turns = new ReplayTurns(options.clocks.pacing)
  }

  /**
   * This node leads the partition: loads its log. Harmless when told before of the same epoch or a
   * later one. A later epoch without a resignation in between changes nothing for a coordinator that
   * is at work: nobody else can have written. One that has failed gets another chance.
   */
  elect(partition: number, leaderEpoch: number, log: CoordinatorLog): void {
    const led = this.#led.get(partition)
    if (this.#closed || (led !== undefined && led.leaderEpoch >= leaderEpoch)) return
    if (led?.coordinator.isActive || led?.coordinator.isLoading) {
      led.leaderEpoch = leaderEpoch
      return
    }
    const coordinator = new PartitionCoordinator({ ...this.options, log, turns: this.#turns })
    this.#led.set(partition, { leaderEpoch, log, coordinator })
  }

  /** This node doesn't lead the partition any more. */
  resign(partition: number): void {
    const led = this.#led.get(partition)
    this.#led.delete(partition)
    led?.coordinator.close()
  }

  /**
   * Runs an operation on the partition's state, as one of `key`.
   *
   * @returns rejects with a KafkaError: what the operation threw, why its records couldn't be
   *   appended or committed, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR
   */
  run<R>(partition: number, key: string, operation: (machine: S) => ReturnType<Operation<R>>) {
    const led = this.#led.get(partition)
    if (led === undefined) return Promise.reject<R>(new KafkaError(ErrorCode.NOT_COORDINATOR))
    const { coordinator } = led
    return coordinator.run(key, () => operation(coordinator.machine))
  }

  /**
   * Runs an operation whose records are part of a transaction (KIP-98), once the transaction's
   * coordinator has said that the partition is (KIP-890).
   *
   * @returns rejects as {@link run}, and with what the transaction's coordinator says
   */
  async runTransactional<R>(
    partition: number,
    key: string,
    writer: TransactionalWriter,
    operation: (machine: S) => ReturnType<Operation<R>>,
  ): Promise<R> {
    const { producerId, producerEpoch } = writer
    const guard = await this.#ledPartition(partition).log.verifyTransaction(writer)
    const { coordinator } = this.#ledPartition(partition)
    const producer = { producerId, producerEpoch, guard }
    return coordinator.run(key, () => operation(coordinator.machine), producer)
  }

  /** See {@link PartitionCoordinator.completeTransaction}. */
  async completeTransaction(partition: number, end: TransactionEnd): Promise<void> {
    await this.#ledPartition(partition).coordinator.completeTransaction(end)
  }

  /**
   * Reads the state of every partition; those that aren't led any more are left out.
   *
   * @param inOrder puts the numbers of partitions into the order of the answers
   */
  async readAll<R>(
    query: (machine: S) => R,
    inOrder = (partitions: readonly number[]) => partitions,
  ): Promise<R[]> {
    const led = inOrder([...this.#led.keys()]).map((partition) => this.#ledPartition(partition))
    const reads = led.map(({ coordinator }) =>
      coordinator
        .read(() => query(coordinator.machine))
        .then(
          (result) => [result],
          (error: unknown) => {
            if (error instanceof KafkaError && error.code === ErrorCode.NOT_COORDINATOR) return []
            throw error
          },
        ),
    )
    return (await Promise.all(reads)).flat(1) as R[]
  }

  /** The partitions whose state is there. */
  *active(): Generator<{ readonly partition: number; readonly machine: S }> {
    for (const [partition, { coordinator }] of this.#led) {
      if (coordinator.isActive) yield { partition, machine: coordinator.machine }
    }
  }

  /** Resolves when no partition of those that are led now is being loaded. */
  async allLoaded(): Promise<void> {
    await Promise.all([...this.#led.values()].map(({ coordinator }) => coordinator.loaded))
  }

  isLoading(partition: number): boolean {
    return this.#led.get(partition)?.coordinator.isLoading ?? false
  }

  close(): void {
    this.#closed = true
    for (const { coordinator } of this.#led.values()) coordinator.close()
    this.#led.clear()
  }

  /** @throws KafkaError NOT_COORDINATOR */
  #ledPartition(partition: number): Led<S> {
    const led = this.#led.get(partition)
    if (led === undefined) throw new KafkaError(ErrorCode.NOT_COORDINATOR)
    return led
  }
}
