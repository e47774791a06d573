/** One who waits for an answer that others decide. */
export class Waiter<Answer> {
  readonly answer: Promise<Answer>
  #resolve!: (answer: Answer) => void

  constructor() {
    this.answer = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** The first answer counts. */
  resolve(answer: Answer): void {
    this.#resolve(answer)
  }
}
