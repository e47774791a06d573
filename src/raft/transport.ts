import type { RaftRequest, RaftResponse } from './core/messages.js'

/** How a replica reaches the others. */
export interface RaftTransport {
  /**
   * Sends a request to a voter. `done` is called at most once, with the response or with undefined
   * when there will be none; the sender doesn't wait for ever for either.
   */
  send(to: number, request: RaftRequest, done: (response: RaftResponse | undefined) => void): void
  close(): void
}

/** Of a quorum of one: there is nobody to talk to. */
export const noTransport: RaftTransport = {
  send: (_to, _request, done) => done(undefined),
  close: () => {},
}
