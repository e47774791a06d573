import { connect, type Socket } from 'node:net'

/** What comes in, of whichever connection: it is looked at before anything else is read. */
const RECEIVED = Buffer.allocUnsafeSlow(1024 * 1024)

/**
 * One connection that does next to nothing, so that the broker is measured and not its client: frames
 * go out as they were encoded beforehand, and of the answers only the size is looked at.
 */
export class RawConnection {
  readonly #socket: Socket
  /** Bytes of the current answer that are still to come, when its size is known. */
  #left = 0
  #sizeBytes = 0
  #size = 0
  #received = 0
  /** What is kept of an answer for {@link onAnswer}; nothing unless asked for. */
  readonly #kept: Buffer[] = []

  /**
   * @param onAnswer called with each answer's size in bytes and, with `keep`, its bytes (without the
   *   size)
   */
  private constructor(
    port: number,
    private readonly onAnswer: (bytes: number, answer: Buffer) => void,
    private readonly keep: boolean,
  ) {
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: RECEIVED,
        callback: (length, buffer) => {
          this.#receive(buffer as Buffer, length)
          return true
        },
      },
    })
  }

  static open(
    port: number,
    onAnswer: (bytes: number, answer: Buffer) => void,
    keep = false,
  ): Promise<RawConnection> {
    const connection = new RawConnection(port, onAnswer, keep)
    const socket = connection.#socket
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => resolve(connection))
    })
  }

  /** Bytes that have come in. */
  get received(): number {
    return this.#received
  }

  send(frame: Buffer): void {
    this.#socket.write(frame)
  }

  /** Calls `hungUp` if the broker closes the connection. */
  onHungUp(hungUp: () => void): void {
    this.#socket.once('end', hungUp)
    this.#socket.on('error', hungUp)
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(buffer: Buffer, length: number): void {
    this.#received += length
    let at = 0
    while (at < length) {
      if (this.#sizeBytes < 4) {
        this.#size = (this.#size << 8) | buffer[at++]!
        if (++this.#sizeBytes === 4) this.#left = this.#size
        continue
      }
      const taken = Math.min(this.#left, length - at)
      if (this.keep) this.#kept.push(Buffer.from(buffer.subarray(at, at + taken)))
      at += taken
      this.#left -= taken
      if (this.#left === 0) this.#finish()
    }
  }

  #finish(): void {
    const size = this.#size
    const answer = this.keep ? Buffer.concat(this.#kept.splice(0)) : EMPTY
    this.#sizeBytes = 0
    this.#size = 0
    this.onAnswer(size, answer)
  }
}

const EMPTY = Buffer.alloc(0)
