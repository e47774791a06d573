import t from 'tap'
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
