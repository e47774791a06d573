import type { ControllerChannel, ControllerRequestContext } from '../controller/channel.js'
import type { Clock, Timer } from '../env/clock.js'
import type { Logger } from '../env/logger.js'
import { ErrorCode, errorName, KafkaError } from '../protocol/errors.js'
import type { AssignReplicasToDirsRequest } from '../protocol/schema/assign-replicas-to-dirs.js'

const ASSIGN_VERSION = 0
/** Partitions in one request (Kafka's `AssignReplicasToDirsRequest.MAX_ASSIGNMENTS_PER_REQUEST`). */
const MAX_ASSIGNMENTS_PER_REQUEST = 2250
const RETRY_MS = 500
/** A broker asks on its own account. */
const CONTEXT: ControllerRequestContext = { principal: 'User:ANONYMOUS', clientId: null }

/** Where this broker has a partition. */
export interface DirectoryAssignment {
  readonly topicId: string
  readonly partition: number
  readonly directoryId: string
}

/** Who the assignments are told, and by whom. */
export interface AssignmentsChannel {
  readonly nodeId: number
  /** Epoch of the broker's registration. */
  readonly brokerEpoch: () => number
  readonly channel: ControllerChannel
}

/**
 * Tells the controller in which log directory each partition is, where it doesn't know (KIP-858,
 * Kafka's `AssignmentsManager`): by that it knows which ones a failed directory takes with it, and a
 * broker that starts without one of its directories doesn't begin their logs anew elsewhere.
 */
export class DirectoryAssignments {
  /** The latest one of each partition; bounded by the partitions of this broker. */
  readonly #waiting = new Map<string, DirectoryAssignment>()
  #to: AssignmentsChannel | undefined
  #isSending = false
  #isClosed = false
  #retry: Timer | undefined

  /** @param clock the pacing one */
  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** What was added before waits until the broker is known to the controller, which it is by now. */
  start(to: AssignmentsChannel): void {
    this.#to = to
    this.#send()
  }

  add(assignment: DirectoryAssignment): void {
    this.#waiting.set(keyOf(assignment), assignment)
    this.#send()
  }

  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
  }

  #send(): void {
    const to = this.#to
    const cannot = this.#isClosed || this.#isSending || this.#retry !== undefined
    if (to === undefined || cannot || this.#waiting.size === 0) return
    this.#isSending = true
    // Whatever else is opened in this turn goes with it.
    void Promise.resolve()
      .then(() => this.#request(to))
      .catch((error: unknown) => this.#failed(error))
      .then(() => {
        this.#isSending = false
        this.#send()
      })
  }

  async #request({ nodeId, brokerEpoch, channel }: AssignmentsChannel): Promise<void> {
    const sent = [...this.#waiting].slice(0, MAX_ASSIGNMENTS_PER_REQUEST)
    const request = {
      brokerId: nodeId,
      brokerEpoch: brokerEpoch(),
      directories: byDirectory(sent.map(([, assignment]) => assignment)),
    }
    const answer = await channel.request('AssignReplicasToDirs', ASSIGN_VERSION, request, CONTEXT)
    if (answer.errorCode !== ErrorCode.NONE) throw new KafkaError(answer.errorCode as ErrorCode)
    // What the controller refuses are partitions that aren't this broker's any more.
    for (const [key, assignment] of sent) {
      if (this.#waiting.get(key) === assignment) this.#waiting.delete(key)
    }
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return
    const reason = error instanceof KafkaError ? errorName(error.code) : String(error)
    this.logger.warn({ error: reason }, 'the controller did not take note of log directories')
    this.#retry = this.clock.after(RETRY_MS, () => {
      this.#retry = undefined
      this.#send()
    })
  }
}

function keyOf({ topicId, partition }: DirectoryAssignment): string {
  return `${topicId}-${partition}`
}

function byDirectory(
  assignments: readonly DirectoryAssignment[],
): AssignReplicasToDirsRequest['directories'] {
  const directories = new Map<string, Map<string, number[]>>()
  for (const { directoryId, topicId, partition } of assignments) {
    const topics = directories.get(directoryId) ?? new Map<string, number[]>()
    directories.set(directoryId, topics)
    const partitions = topics.get(topicId) ?? []
    topics.set(topicId, partitions)
    partitions.push(partition)
  }
  return [...directories].map(([id, topics]) => ({
    id,
    topics: [...topics].map(([topicId, partitions]) => ({
      topicId,
      partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
    })),
  }))
}
