import type { HttpHead } from '../../env/http.js'
import { badRequest, ControlError } from './control-error.js'

const LOCAL_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
const HOST = /^(\[[0-9a-f:.]+\]|[^\s:[\]/@]+)(?::(\d{1,5}))?$/
/** What browsers say of requests that a page of another site makes. */
const FOREIGN_SITES: ReadonlySet<string> = new Set(['cross-site', 'same-site'])

/**
 * Lets nobody in whom a web page has sent: neither by a name that has been made to lead here (DNS
 * rebinding: the name would stand in `Host`), nor from another origin (cross-site request forgery).
 *
 * @throws ControlError 400, 403
 */
export function requireLocal({ headers }: HttpHead): void {
  const { host } = headers
  if (host === undefined) throw badRequest('the request does not say its Host')
  const name = HOST.exec(host.toLowerCase())?.[1] ?? ''
  if (!LOCAL_NAMES.has(name)) {
    throw forbidden(
      `Host ${quoted(host)} is not this machine: come by localhost, 127.0.0.1 or [::1]`,
    )
  }
  const { origin } = headers
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) {
    throw forbidden(`Origin ${quoted(origin)} is another one: pages of other sites may ask nothing`)
  }
  const site = headers['sec-fetch-site']
  if (site !== undefined && FOREIGN_SITES.has(site.toLowerCase())) {
    throw forbidden('pages of other sites may ask nothing')
  }
}

const MAX_QUOTED = 100
const quoted = (text: string): string => JSON.stringify(text.slice(0, MAX_QUOTED))

const forbidden = (message: string): ControlError => new ControlError(403, 'FORBIDDEN', message)
