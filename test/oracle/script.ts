import { apis } from '../../src/protocol/apis.js'
import type { Conversation } from './conversation.js'

/** A conversation that is held with each broker in turn; `name` is also its recording's. */
export interface Script {
  readonly name: string
  /** Lines of server.properties that the script needs; each script is held with a new broker. */
  readonly config?: Readonly<Record<string, string>>
  run(t: Conversation): Promise<void>
}

/** Every version of an API that is advertised to clients and served, lowest first. */
export function versionsOf(apiKey: number): number[] {
  const api = apis.get(apiKey)
  if (!api) throw new Error(`no API ${apiKey}`)
  const { min, max } = api.request.versions
  return Array.from({ length: max - min + 1 }, (_, index) => min + index)
}

/** The topic that the scripts create for a version, so that versions don't meet. */
export function topicName(script: string, version: number | string): string {
  return `${script}-v${version}`
}
