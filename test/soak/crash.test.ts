import t from 'tap'
import { cutLogs } from '../crash/cut-logs.js'
import { killInPhases, phases } from '../crash/phase-story.js'
import { killUnderLoad } from '../crash/story.js'

/** `SOAK_CRASH_SEEDS=from-to` runs others. */
const [from = 1_001, to = 1_020] = (process.env.SOAK_CRASH_SEEDS ?? '')
  .split('-')
  .filter(Boolean)
  .map(Number)
const KILLS = 10

for (let seed = from; seed <= to; seed++) {
  t.test(`killed ${KILLS} times under load, seed ${seed}`, (t) => killUnderLoad(t, seed, KILLS))
  t.test(`killed in each phase of a transaction and of a rebalance, seed ${seed}`, (t) =>
    killInPhases(t, seed, Object.keys(phases)),
  )
}

for (const version of [1, 2] as const) {
  t.test(`coordinators crash at every byte, transaction version ${version}`, async (t) => {
    const { crashes, failures } = await cutLogs(version, 1)
    t.strictSame(failures, [])
    t.comment(`${crashes} crashes`)
  })
}
