import type { Input } from '../protocol/codec/index.js'
import { ErrorCode, errorName, type KafkaError } from '../protocol/errors.js'
import type { ProduceResponse } from '../protocol/schema/produce.js'
import { RecordValidationError } from '../storage/record-validation-error.js'
import { UNKNOWN_LEADER } from './current-leader.js'
import { type Answer, CLOSE_CONNECTION, NO_ANSWER } from './handler.js'
import type { ProducedBatch } from './partition.js'
import { VerificationError } from './produce-verification.js'

export type ProduceAnswer = Input<typeof ProduceResponse>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }
export type ProducePartitionAnswer = Mutable<
  ProduceAnswer['responses'][number]['partitionResponses'][number]
>

const NO_RECORD_ERRORS: readonly never[] = []

/** Errors that Kafka answers without the log start offset. */
const WITHOUT_LOG_START: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.MESSAGE_TOO_LARGE,
  ErrorCode.RECORD_LIST_TOO_LARGE,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.KAFKA_STORAGE_ERROR,
])

/** One Produce request while its appends are under way: counts them, and makes the answer. */
export class PendingProduce {
  readonly #responses: ProduceAnswer['responses'][number][] = []
  /** Partitions not complete, and one until all are submitted. */
  #left = 1
  #hasErrors = false
  #resolve: ((answer: Answer<ProduceAnswer>) => void) | undefined

  /**
   * @param acks 0 when nobody waits for an answer
   * @param nodeEndpoints asked for when all is complete
   */
  constructor(
    private readonly acks: number,
    private readonly nodeEndpoints: () => ProduceAnswer['nodeEndpoints'],
  ) {}

  /** @returns where the answers of its partitions belong */
  addTopic(name: string, topicId: string): ProducePartitionAnswer[] {
    const partitionResponses: ProducePartitionAnswer[] = []
    this.#responses.push({ name, topicId, partitionResponses })
    return partitionResponses
  }

  /** Adds a partition; {@link succeed} or {@link fail} is to follow. */
  addPartition(into: ProducePartitionAnswer[], index: number): ProducePartitionAnswer {
    const answer: ProducePartitionAnswer = {
      index,
      errorCode: ErrorCode.NONE,
      baseOffset: -1,
      logAppendTimeMs: -1,
      logStartOffset: -1,
      recordErrors: NO_RECORD_ERRORS,
      errorMessage: null,
      currentLeader: UNKNOWN_LEADER,
    }
    into.push(answer)
    this.#left++
    return answer
  }

  succeed(answer: ProducePartitionAnswer, batch: ProducedBatch, logStartOffset: number): void {
    answer.baseOffset = batch.baseOffset
    answer.logAppendTimeMs = batch.logAppendTimeMs
    answer.logStartOffset = logStartOffset
    this.#countDown()
  }

  /** @param logStartOffset -1 if there is no log to have one */
  fail(answer: ProducePartitionAnswer, error: KafkaError, logStartOffset: number): void {
    this.#hasErrors = true
    answer.errorCode = error.code
    if (!WITHOUT_LOG_START.has(error.code)) answer.logStartOffset = logStartOffset
    if (error instanceof RecordValidationError) {
      answer.recordErrors = error.recordErrors
      answer.errorMessage = error.message
    }
    if (error instanceof VerificationError && error.message !== errorName(error.code)) {
      answer.errorMessage = error.message
    }
    this.#countDown()
  }

  /** Everything has been submitted: the answer, when all of it is complete. */
  answer(): Answer<ProduceAnswer> | Promise<Answer<ProduceAnswer>> {
    this.#countDown()
    if (this.#left === 0) return this.#result()
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  #countDown(): void {
    if (--this.#left === 0) this.#resolve?.(this.#result())
  }

  #result(): Answer<ProduceAnswer> {
    if (this.acks !== 0) {
      return {
        responses: this.#responses,
        throttleTimeMs: 0,
        nodeEndpoints: this.nodeEndpoints() ?? [],
      }
    }
    // Only a closed connection makes a producer that expects no answer look for what is wrong.
    return this.#hasErrors ? CLOSE_CONNECTION : NO_ANSWER
  }
}
