import t from 'tap'
import { cutLogs } from './cut-logs.js'
import { killInPhases, phases } from './phase-story.js'
import { killUnderLoad } from './story.js'

const SEEDS = [1, 2]
const KILLS = 5

for (const seed of SEEDS) {
  t.test(`killed ${KILLS} times under load, seed ${seed}`, (t) => killUnderLoad(t, seed, KILLS))
}

t.test('killed in each phase of a transaction and of a rebalance', (t) =>
  killInPhases(t, 1, Object.keys(phases)),
)

/** The soak goes through all of them. */
const ONE_OF = 199

for (const version of [1, 2] as const) {
  t.test(
    `coordinators crash at one of ${ONE_OF} bytes, transaction version ${version}`,
    async (t) => {
      const { crashes, failures } = await cutLogs(version, ONE_OF)
      t.strictSame(failures, [])
      t.ok(crashes > 10, `${crashes} crashes`)
    },
  )
}
