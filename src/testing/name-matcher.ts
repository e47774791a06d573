import type { NameSelector } from './faults/fault-spec.js'

const BETWEEN_SLASHES = /^\/(.*)\/([a-z]*)$/s

/**
 * Whether a name is meant: that one exactly, or, between slashes or as a RegExp, each that matches.
 *
 * @throws SyntaxError for what is between slashes and no regular expression
 */
export function nameMatcher(selector: NameSelector): (name: string) => boolean {
  return patternMatcher(selector) ?? ((name) => name === selector)
}

/**
 * Whether a path is meant: one that has the text in it, or matches the regular expression. All of them
 * without a selector.
 *
 * @throws SyntaxError as {@link nameMatcher}
 */
export function pathMatcher(selector: NameSelector | undefined): (path: string) => boolean {
  if (selector === undefined) return () => true
  return patternMatcher(selector) ?? ((path) => path.includes(selector as string))
}

function patternMatcher(selector: NameSelector): ((text: string) => boolean) | undefined {
  const pattern = typeof selector === 'string' ? patternOf(selector) : selector
  if (pattern === undefined) return undefined
  // One that is global or sticky goes on from where it stopped.
  const fresh = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
  return (text) => fresh.test(text)
}

function patternOf(text: string): RegExp | undefined {
  const match = BETWEEN_SLASHES.exec(text)
  return match === null ? undefined : new RegExp(match[1]!, match[2])
}
