import { appendFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { BrokenInvariant, Invariants } from './invariants.js'
import { type Outcome, simulate } from './simulation.js'
import { EMPTY, extended } from './state-machine.js'
import { traceTo } from './trace.js'

/** Seeds that once broke a promise, and by what. */
const FOUND: readonly (readonly [seed: number, cause: string])[] = [
  [10031, 'what a fetch was to be answered with had made way for a snapshot'],
  [10553, 'what was cut off the log came back behind what had been appended since'],
]
const SEEDS = 16
/** Seeds that `npm test` runs; far from those of the soak test. */
const FIRST_SEED = 1_000_000

const chosen = process.env.SIMULATION_SEED
if (chosen) {
  t.test(`seed ${chosen}`, async (t) => {
    const path = process.env.SIMULATION_TRACE
    if (path) writeFileSync(path, '')
    const trace = path ? traceTo((line) => appendFileSync(path, `${line}\n`)) : undefined
    t.comment(JSON.stringify(await simulate(Number(chosen), trace)))
  })
}

for (const [seed, cause] of FOUND) {
  t.test(`found by seed ${seed}: ${cause}`, async (t) => {
    t.ok((await simulate(seed)).committedRecords > 0)
  })
}

t.test('quorums of three and five keep their promises through everything', async (t) => {
  const outcomes: Outcome[] = []
  for (let i = 0; i < SEEDS; i++) outcomes.push(await simulate(FIRST_SEED + i))
  const sum = (of: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0)
  t.ok(outcomes.some(({ voters }) => voters === 3) && outcomes.some(({ voters }) => voters === 5))
  // Where nothing happens nothing is shown.
  t.ok(sum(({ epochs }) => epochs) > 2 * SEEDS, 'leaders change')
  t.ok(sum(({ crashes }) => crashes) > SEEDS, 'nodes crash')
  t.ok(sum(({ snapshots }) => snapshots) > SEEDS, 'snapshots are made')
  t.ok(sum(({ committedRecords }) => committedRecords) > 50 * SEEDS, 'records are committed')
})

t.test('the same seed is the same story', async (t) => {
  const tell = async () => {
    const lines: string[] = []
    await simulate(
      7,
      traceTo((line) => lines.push(line)),
    )
    return lines
  }
  t.strictSame(await tell(), await tell())
})

t.test('a broken promise is noticed', async (t) => {
  const batch = (baseOffset: number, epoch: number, text: string) => ({
    baseOffset,
    epoch,
    appendTimestamp: 0,
    records: [Buffer.from(text)],
  })
  const invariants = new Invariants()
  const a = batch(0, 1, 'a')
  const afterA = extended(EMPTY, a.records)
  invariants.applied(1, a, 0, afterA)
  invariants.applied(2, a, 0, afterA)
  const brokenBy = (action: () => void): string => {
    try {
      action()
    } catch (error) {
      if (error instanceof BrokenInvariant) return error.invariant
      throw error
    }
    return 'none'
  }
  const b = batch(0, 2, 'b')
  t.equal(
    brokenBy(() => invariants.applied(3, b, 0, extended(EMPTY, b.records))),
    'nothing committed is lost or changed',
  )
  const other = batch(0, 1, 'b')
  t.equal(
    brokenBy(() => invariants.applied(3, other, 0, extended(EMPTY, other.records))),
    'listeners see the same prefix',
  )
  t.equal(
    brokenBy(() => invariants.applied(3, a, 5, afterA)),
    'listeners go through the log in order',
  )
})
