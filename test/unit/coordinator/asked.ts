import { KafkaError } from '../../../src/protocol/errors.js'

/** A question whose answer may be yet to come. */
export class Asked<Answer> {
  answer: Answer | undefined
  error: unknown
  isSettled = false

  constructor(promise: Promise<Answer>) {
    promise.then(
      (answer) => {
        this.answer = answer
        this.isSettled = true
      },
      (error: unknown) => {
        this.error = error
        this.isSettled = true
      },
    )
  }

  /** Of what it was rejected with. */
  get errorCode(): number | undefined {
    return this.error instanceof KafkaError ? this.error.code : undefined
  }
}

/** Lets everything happen that can happen without more time passing. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
