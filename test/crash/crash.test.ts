import t from 'tap'
import { killUnderLoad } from './story.js'

const SEEDS = [1, 2]
const KILLS = 5

for (const seed of SEEDS) {
  t.test(`killed ${KILLS} times under load, seed ${seed}`, (t) => killUnderLoad(t, seed, KILLS))
}
