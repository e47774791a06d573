import type { Message } from '../../src/protocol/codec/index.js'
import type { Body } from '../../test/oracle/conversation.js'
import { RawConnection } from './raw-connection.js'
import { bodyOf, requestFrame } from './requests.js'

/** A client's connection, on which one request is under way at a time. */
export class Connection {
  #answered: (answer: Buffer) => void = () => {}
  #failed: (error: Error) => void = () => {}
  readonly #raw: RawConnection

  private constructor(raw: RawConnection) {
    this.#raw = raw
    raw.onHungUp(() => this.#failed(new Error('the broker hung up')))
  }

  static async open(port: number): Promise<Connection> {
    const raw = await RawConnection.open(port, (_, answer) => connection.#answered(answer), true)
    const connection = new Connection(raw)
    return connection
  }

  /** The body of the answer. */
  async ask<V, I>(message: Message<V, I>, version: number, body: I): Promise<Body> {
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#answered = resolve
      this.#failed = reject
    })
    this.#raw.send(requestFrame(message, version, body))
    return bodyOf(message, version, await answer)
  }

  close(): void {
    this.#raw.close()
  }
}
