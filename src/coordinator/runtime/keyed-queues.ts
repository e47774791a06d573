import type { KafkaError } from '../../protocol/errors.js'

/** Something to be run when those of its key before it have freed the key. */
export interface Task {
  /** @param free called once, at any time, when the next may begin */
  run(free: () => void): void
  /** It won't be run. */
  fail(error: KafkaError): void
}

/** How many tasks of clients may wait for others of their key, all keys together. */
export const MAX_WAITING_TASKS = 20_000

/** Runs tasks of the same key one after the other, those of different keys side by side. */
export class KeyedQueues {
  /** A key is here while a task of it is at work; with those that wait for it. */
  readonly #queues = new Map<string, Task[]>()
  #waiting = 0

  get waiting(): number {
    return this.#waiting
  }

  /**
   * @param isOwn no client's: what the state itself bounds, and which would be missed if it were lost
   * @returns false when too many wait already
   */
  add(key: string, task: Task, isOwn = false): boolean {
    const queue = this.#queues.get(key)
    if (queue === undefined) {
      this.#queues.set(key, [])
      this.#drain(key, task)
      return true
    }
    if (!isOwn && this.#waiting >= MAX_WAITING_TASKS) return false
    this.#waiting++
    queue.push(task)
    return true
  }

  fail(error: KafkaError): void {
    const queues = [...this.#queues.values()]
    this.#queues.clear()
    this.#waiting = 0
    for (const task of queues.flat()) task.fail(error)
  }

  /** Runs tasks of the key, in a loop while they free it at once, so that none nests in another. */
  #drain(key: string, first: Task): void {
    const queue = this.#queues.get(key)
    let task: Task | undefined = first
    while (task !== undefined) {
      let running = true
      let freed = false
      task.run(() => {
        freed = true
        if (!running) this.#next(key, queue)
      })
      running = false
      if (!freed || this.#queues.get(key) !== queue) return
      task = this.#take(key, queue)
    }
  }

  #next(key: string, queue: Task[] | undefined): void {
    if (this.#queues.get(key) !== queue) return
    const task = this.#take(key, queue)
    if (task !== undefined) this.#drain(key, task)
  }

  #take(key: string, queue: Task[] | undefined): Task | undefined {
    const task = queue?.shift()
    if (task === undefined) this.#queues.delete(key)
    else this.#waiting--
    return task
  }
}
