import t from 'tap'
import { simulate } from '../simulation/simulation.js'

/** `SOAK_SEEDS=from-to` runs others. */
const [from = 1, to = 5_000] = (process.env.SOAK_SEEDS ?? '').split('-').filter(Boolean).map(Number)

t.test(`quorums of three and five, seeds ${from} to ${to}`, async (t) => {
  const broken: string[] = []
  for (let seed = from; seed <= to; seed++) {
    await simulate(seed).catch((error: Error) => broken.push(error.message))
  }
  t.strictSame(broken, [])
})
