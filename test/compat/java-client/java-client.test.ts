import t from 'tap'
import { bootstrapFor } from '../../support/bootstrap.js'
import { temporaryDirectory } from '../../support/teardown.js'
import { until } from '../../support/until.js'
import { unique } from '../kafkajs/client.js'
import { EXPECTED } from './expected.js'
import { compileJava, kill, Scenarios, startJava } from './java.js'
import { PROMPT } from './prompt.js'

const bootstrap = await bootstrapFor(t, PROMPT)
const classes = await compileJava(t)
const java = new Scenarios(t, classes, bootstrap)

const IN_THE_MIDDLE = 'copying in the middle of a transaction'

// They wait more than they work: all are asked for at once, and several run at a time.
const names = Object.keys(EXPECTED)
const seen = names.map((name) => java.seenIn(name, unique('java')))
for (const each of seen) each.catch(() => {})

t.test('a transactional copy that is killed in the middle goes on elsewhere', async (t) => {
  const name = unique('java')
  await java.seenIn('copy_input', name)
  const killed = new Scenarios(t, classes, bootstrap)
  killed.seenIn('copy', name).catch(() => {})
  await until(() => killed.otherLines.includes(IN_THE_MIDDLE), 'an open transaction', 90_000)
  await killed.kill()
  t.strictSame(await java.seenIn('copy_the_rest', name), {
    copied: 300,
    distinct: 300,
    offsets: true,
  })
})

t.test('Kafka Streams counts words exactly once though it is killed', async (t) => {
  const name = unique('words')
  const state = temporaryDirectory(t)
  const start = () => startJava(t, classes, 'WordCount', [bootstrap, name, state])
  await java.seenIn('words_topics', name)
  for (let round = 0; round < 3; round++) {
    const counting = start()
    await java.seenIn(`words_in_progress_${round}`, name)
    await kill(counting)
  }
  const last = start()
  t.strictSame(await java.seenIn('words_counted', name), {
    counts: { be: 225, is: 225, not: 225, or: 225, question: 225, that: 225, the: 225, to: 225 },
    out_of_turn: 0,
    same: true,
    written: 1800,
  })
  await kill(last)
})

for (const [at, name] of names.entries()) {
  t.test(name, async (t) => t.strictSame(await seen[at], EXPECTED[name]))
}
