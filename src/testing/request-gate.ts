import type { Answer } from '../broker/handler.js'
import type { Exchange, Proceed, RequestInterceptor } from '../broker/interceptor.js'
import { ApiKey } from '../protocol/api-keys.js'

/** They wait for others, or for records, as long as these don't come. */
const LONG_POLLS: ReadonlySet<number> = new Set([ApiKey.Fetch, ApiKey.JoinGroup, ApiKey.SyncGroup])

/** Holds back what clients ask while the broker is being changed under them. */
export class RequestGate implements RequestInterceptor {
  #opening: Promise<void> | undefined
  #open: () => void = () => {}
  #atWork = 0
  #whenIdle: () => void = () => {}

  get isOrdering(): boolean {
    return this.#opening !== undefined
  }

  intercept({ context }: Exchange, proceed: Proceed): Answer<unknown> | Promise<Answer<unknown>> {
    if (this.#opening !== undefined)
      return this.#opening.then(() => this.#count(context.apiKey, proceed))
    return this.#count(context.apiKey, proceed)
  }

  /**
   * Runs `change` while nothing else is at work but what waits, and nothing new begins.
   *
   * @throws what `change` throws; Error when there is a change already
   */
  async closedDuring<T>(change: () => Promise<T>): Promise<T> {
    if (this.#opening !== undefined) throw new Error('a change of the broker is under way already')
    this.#opening = new Promise((resolve) => {
      this.#open = resolve
    })
    try {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
        if (this.#atWork === 0) resolve()
      })
      return await change()
    } finally {
      this.#opening = undefined
      this.#open()
    }
  }

  #count(apiKey: number, proceed: Proceed): Answer<unknown> | Promise<Answer<unknown>> {
    const answer = proceed()
    if (!(answer instanceof Promise) || LONG_POLLS.has(apiKey)) return answer
    this.#atWork++
    return answer.finally(() => {
      this.#atWork--
      if (this.#atWork === 0) this.#whenIdle()
    })
  }
}
