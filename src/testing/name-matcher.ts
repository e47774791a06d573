import type { NameSelector } from './faults/fault-spec.js'

const BETWEEN_SLASHES = /^\/(.*)\/([a-z]*)$/s

/**
 * Whether a name is meant: that one exactly, or, between slashes or as a RegExp, each that matches.
 *
 * @throws SyntaxError for what is between slashes and no regular expression
 */
export function nameMatcher(selector: NameSelector): (name: string) => boolean {
  const pattern = typeof selector === 'string' ? patternOf(selector) : selector
  if (pattern === undefined) return (name) => name === selector
  // One that is global or sticky goes on from where it stopped.
  const fresh = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return (name) => fresh.test(name)
}

function patternOf(text: string): RegExp | undefined {
  const match = BETWEEN_SLASHES.exec(text)
  return match === null ? undefined : new RegExp(match[1]!, match[2])
}
