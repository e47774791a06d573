import type { RE2JS, RE2JSSyntaxException } from 're2js'
import type { Clock } from '../../../env/clock.js'
import { ErrorCode, KafkaError } from '../../../protocol/errors.js'
import { compileRe2 } from '../../re2.js'

/** So many regular expressions are kept compiled. */
export const MAX_COMPILED = 100

/** Characters: compiling takes 5 µs for each, and is done at once. */
export const MAX_EXPRESSION_LENGTH = 10_000

/**
 * How much is matched before others get their turn on the event loop: instructions of the compiled
 * expressions times characters. It takes 1 ms or so where an expression matches badly, and much less
 * where it doesn't.
 */
const TURN_COST = 200_000

/** Of an expression that is too long, so much is told again. */
const SHOWN_LENGTH = 50

/** Where re2j words an error in another way than re2js does. */
const RE2J_DESCRIPTIONS: ReadonlyMap<string, string> = new Map([
  ['unexpected )', 'regexp/syntax: internal error'],
])

/**
 * Regular expressions that consumer groups subscribe with, in RE2's syntax (Kafka has re2j): they are
 * matched in linear time, whatever a client sends.
 */
export class RegularExpressions {
  readonly #compiled = new Map<string, RE2JS>()

  /** @param clock the pacing one, by which others get their turn */
  constructor(private readonly clock: Clock) {}

  /** @throws KafkaError INVALID_REGULAR_EXPRESSION */
  require(regex: string): void {
    this.#compile(regex)
  }

  /**
   * The topics that match as a whole, by regular expression (Kafka's `TopicRegexResolver`). One that
   * isn't valid matches none: it is from a record that somebody else wrote.
   *
   * @param mayDescribe whether who asks may know that a topic exists; asked once a topic
   */
  async resolve(
    regexes: Iterable<string>,
    topics: Iterable<string>,
    mayDescribe: (topic: string) => boolean,
  ): Promise<Map<string, Set<string>>> {
    const resolved = new Map<string, Set<string>>()
    const compiled: { readonly regex: RE2JS; readonly matched: Set<string> }[] = []
    for (const regex of regexes) {
      const matched = new Set<string>()
      resolved.set(regex, matched)
      const known = this.#compileIfValid(regex)
      if (known !== undefined) compiled.push({ regex: known, matched })
      await this.#turn()
    }
    let cost = 0
    // The topics of now: the metadata moves on meanwhile.
    for (const topic of [...topics]) {
      const matching = []
      for (const { regex, matched } of compiled) {
        if (regex.matches(topic)) matching.push(matched)
        cost += regex.programSize() * topic.length
        if (cost > TURN_COST) {
          await this.#turn()
          cost = 0
        }
      }
      if (matching.length > 0 && mayDescribe(topic)) {
        for (const matched of matching) matched.add(topic)
      }
    }
    return resolved
  }

  #compile(regex: string): RE2JS {
    const known = this.#compiled.get(regex)
    if (known !== undefined) return known
    const compiled = this.#parse(regex)
    if (this.#compiled.size >= MAX_COMPILED) {
      const [oldest] = this.#compiled.keys()
      this.#compiled.delete(oldest!)
    }
    this.#compiled.set(regex, compiled)
    return compiled
  }

  #compileIfValid(regex: string): RE2JS | undefined {
    try {
      return this.#compile(regex)
    } catch (error) {
      if (error instanceof KafkaError) return undefined
      throw error
    }
  }

  #parse(regex: string): RE2JS {
    if (regex.length > MAX_EXPRESSION_LENGTH) {
      throw invalid(
        `${regex.slice(0, SHOWN_LENGTH)}…`,
        `it has ${regex.length} characters, more than ${MAX_EXPRESSION_LENGTH}`,
      )
    }
    try {
      return compileRe2(regex)
    } catch (error) {
      throw invalid(regex, descriptionOf(error))
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(0, resolve)
    })
  }
}

function invalid(regex: string, reason: string): KafkaError {
  return new KafkaError(
    ErrorCode.INVALID_REGULAR_EXPRESSION,
    `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${reason}.`,
  )
}

/** @throws what isn't said of an expression */
function descriptionOf(error: unknown): string {
  const { getDescription } = error as Partial<RE2JSSyntaxException>
  if (getDescription === undefined) throw error
  const description = getDescription.call(error)
  return RE2J_DESCRIPTIONS.get(description) ?? description
}
