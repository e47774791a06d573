import type { RE2JS } from 're2js'
import { runtimeRequire } from '../protocol/records/runtime-require.js'

interface Engine {
  readonly RE2JS: typeof RE2JS
}

/**
 * Compiles a regular expression in RE2's syntax, which is matched in linear time whatever a client
 * sends. The engine is loaded with the first one: it takes 11 ms, which no start should.
 *
 * @throws RE2JSSyntaxException
 */
export function compileRe2(expression: string): RE2JS {
  const engine = runtimeRequire('re2js') as Engine
  return engine.RE2JS.compile(expression)
}
