import type { HttpLimits, HttpNetwork } from '../../env/http.js'
import { NetworkError } from '../../env/network.js'
import type { ControlContext } from './context.js'
import { openApi } from './open-api.js'
import { type Route, route } from './route.js'
import { Router } from './router.js'
import { brokerRoutes } from './routes/broker.js'
import { contentRoutes } from './routes/contents.js'
import { faultRoutes } from './routes/faults.js'
import { groupRoutes } from './routes/groups.js'
import { journalRoutes } from './routes/journal.js'
import { topicRoutes } from './routes/topics.js'
import { waitRoutes } from './routes/waits.js'
import { anyObject } from './schema.js'
import { turns } from './turns.js'

export const LIMITS: HttpLimits = {
  maxBodyBytes: 16 * 1024 * 1024,
  maxHeldBytes: 64 * 1024 * 1024,
  maxRequests: 256,
  maxConnections: 256,
  requestTimeoutMs: 30_000,
}

/** The HTTP control API of one broker, while it is open. */
export interface ControlServer {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** Ends what is under way, and closes all connections. */
  close(): Promise<void>
}

/**
 * Opens the control API of a broker on the loopback addresses.
 *
 * @param port 0 lets the system choose
 * @throws Error with a message for the user
 */
export async function openControlServer(
  port: number,
  context: ControlContext,
  http: HttpNetwork,
  limits: Partial<HttpLimits> = {},
): Promise<ControlServer> {
  const router = new Router(controlRoutes(), context)
  try {
    const { address, close } = await http.listenOnLoopback(port, router, { ...LIMITS, ...limits })
    return { url: `http://${address.host}:${address.port}`, close }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const reason = error.code === 'EADDRINUSE' ? `port ${port} is in use` : error.message
    throw new Error(`cannot open the control API: ${reason}`, { cause: error })
  }
}

/** All that the API does: what is dispatched, and what is described. */
export function controlRoutes(): readonly Route[] {
  const inTurn = turns()
  const routes = [
    ...brokerRoutes(inTurn),
    ...topicRoutes(),
    ...groupRoutes(),
    ...journalRoutes(),
    ...faultRoutes(),
    ...waitRoutes(),
    ...contentRoutes(inTurn),
  ]
  const description = route({
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This API as OpenAPI 3.1 describes it',
    answer: anyObject(),
    handle: () => openApi(all),
  })
  const all: readonly Route[] = [...routes, description]
  return all
}
