// Stands for vitest and jest in snippets: node:test under their names, and the little of `expect` that
// these use. The projects in examples/ run with vitest and jest themselves.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'

const expect = (seen: unknown) => ({
  toBe: (wanted: unknown) => assert.equal(seen, wanted),
  toEqual: (wanted: unknown) => assert.deepEqual(seen, wanted),
})

export { after as afterAll, before as beforeAll, beforeEach, expect, test }
