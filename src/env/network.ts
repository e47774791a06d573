/** A failure to listen or to connect. */
export class NetworkError extends Error {
  /** @param code the system's name: EADDRINUSE, EACCES, EADDRNOTAVAIL, ECONNREFUSED and so on */
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'NetworkError'
  }
}

/** An IP address and a port. */
export interface NetworkAddress {
  readonly host: string
  readonly port: number
}

/** Who is told what happens on a {@link NetworkSocket}. */
export interface SocketListener {
  /** Bytes have arrived. They belong to the listener: nobody writes into them again. */
  onData(bytes: Buffer): void
  /** Everything that was queued has been handed to the system. */
  onDrain(): void
  /** The connection is gone, or its peer has said that it sends no more. Called once, the last call. */
  onClose(): void
}

/** One connection, as a stream of bytes in both directions. */
export interface NetworkSocket {
  readonly remote: NetworkAddress
  readonly local: NetworkAddress
  /** Bytes that were written but not yet handed to the system. */
  readonly queuedBytes: number
  /** Begins to read. To be called once, in the turn in which the socket was handed out. */
  start(listener: SocketListener): void
  /** Stops reading: what arrives stays with the system, which slows its sender down. */
  pause(): void
  resume(): void
  /**
   * Queues bytes, which mustn't change until `done`. What is written in one turn of the event loop
   * goes out together.
   *
   * @param done called once when the bytes have been handed to the system, or never will be
   */
  write(buffers: readonly Buffer[], done?: () => void): void
  /**
   * Tells the peer, once everything queued has left, that no more comes. What the peer sends is read
   * on, and the connection closes when the peer closes it, too.
   */
  end(): void
  /** Closes at once; what is queued is lost. */
  destroy(): void
}

/** An open port. */
export interface NetworkListener {
  /** Where it listens, with the port that the system chose for port 0. */
  readonly address: NetworkAddress
  /** Takes no more connections; those that are there stay. */
  close(): Promise<void>
}

/** The network, as byte streams between addresses. */
export interface Network {
  /**
   * Listens on a port.
   *
   * @param host a name or an IP address; empty for every address of the machine
   * @param port 0 lets the system choose
   * @throws NetworkError
   */
  listen(
    host: string,
    port: number,
    onConnection: (socket: NetworkSocket) => void,
  ): Promise<NetworkListener>
  /** @throws NetworkError */
  connect(host: string, port: number): Promise<NetworkSocket>
}
