import type { Clock, Timer } from '../../env/clock.js'
import type { Logger } from '../../env/logger.js'
import { ErrorCode, KafkaError } from '../../protocol/errors.js'
import type { CoordinatorRuntime } from '../runtime/coordinator-runtime.js'
import type { ProducerIds } from './producer-ids.js'
import { withProducerId } from './producer-ids.js'
import type { TransactionCoordinatorConfig } from './transaction-config.js'
import type { TransactionStateMachine } from './transaction-state-machine.js'

/** So many ids are cleaned up at a time; the others follow when these are done. */
const MAX_AT_A_TIME = 1000

export interface TransactionCleanupsOptions {
  /** The logical one. */
  readonly clock: Clock
  readonly logger: Logger
  readonly config: TransactionCoordinatorConfig
  readonly producerIds: ProducerIds
  readonly runtime: CoordinatorRuntime<TransactionStateMachine>
}

/** Aborts transactions that take too long, and forgets ids that nobody uses, from time to time. */
export class TransactionCleanups {
  readonly #timers = new Map<string, Timer>()

  constructor(private readonly options: TransactionCleanupsOptions) {
    const { abortTimedOutIntervalMs, removeExpiredIntervalMs } = options.config
    this.#every('abort', abortTimedOutIntervalMs, () => this.#abortTimedOut())
    this.#every('expiration', removeExpiredIntervalMs, () => this.#removeExpired())
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** Leaves a turn out while the one before isn't done. */
  #every(name: string, intervalMs: number, cleanUp: () => Promise<void>): void {
    let isBusy = false
    const arm = (): void => {
      const timer = this.options.clock.after(intervalMs, () => {
        arm()
        if (isBusy) return
        isBusy = true
        void cleanUp().finally(() => {
          isBusy = false
        })
      })
      this.#timers.set(name, timer)
    }
    arm()
  }

  #abortTimedOut(): Promise<void> {
    const { runtime, producerIds } = this.options
    return this.#each(
      (machine) => machine.timedOut(),
      (partition, transactionalId) =>
        withProducerId(producerIds, (newProducerId) =>
          runtime.run(partition, transactionalId, (machine) =>
            machine.abortTimedOut(transactionalId, newProducerId),
          ),
        ),
    )
  }

  #removeExpired(): Promise<void> {
    const { runtime } = this.options
    return this.#each(
      (machine) => machine.expired(),
      (partition, transactionalId) =>
        runtime.run(partition, transactionalId, (machine) => machine.expire(transactionalId)),
    )
  }

  async #each(
    idsOf: (machine: TransactionStateMachine) => readonly string[],
    cleanUp: (partition: number, transactionalId: string) => Promise<void>,
  ): Promise<void> {
    const found = [...this.options.runtime.active()].flatMap(({ partition, machine }) =>
      idsOf(machine).map((transactionalId) => ({ partition, transactionalId })),
    )
    for (let from = 0; from < found.length; from += MAX_AT_A_TIME) {
      const some = found.slice(from, from + MAX_AT_A_TIME)
      await Promise.all(
        some.map(async ({ partition, transactionalId }) => {
          try {
            await cleanUp(partition, transactionalId)
          } catch (error) {
            this.#failed(transactionalId, error)
          }
        }),
      )
    }
  }

  /** Next time it is tried again. */
  #failed(transactionalId: string, error: unknown): void {
    if (error instanceof KafkaError && error.code === ErrorCode.NOT_COORDINATOR) return
    this.options.logger.warn({ transactionalId, err: error }, 'a transaction cannot be cleaned up')
  }
}
