import t from 'tap'
import { crashAt, tell } from '../every-byte/cuts.js'
import { truncating } from '../every-byte/log-stories.js'
import { stories } from '../every-byte/stories.js'

/** The soak goes through all of them. */
const ONE_OF = 41

for (const story of stories) {
  t.test(`a crash at one of ${ONE_OF} points: ${story.name}`, async (t) => {
    const { crashes, failures } = await story.crash(ONE_OF)
    t.strictSame(failures, [])
    t.ok(crashes > 25, `${crashes} crashes`)
  })
}

t.test('what was cut off does not come back behind what took its place', async (t) => {
  const told = await tell(truncating)
  const cutOff = told.changes.findIndex(({ kind }) => kind === 'truncate')
  const written = told.changes.findIndex(({ kind }, i) => i > cutOff && kind === 'write')
  for (const fate of ['kept', 'lengths kept short', 'names lost', '0', '1', '2']) {
    for (let changes = cutOff - 5; changes <= written + 5; changes++) {
      await t.resolves(crashAt(told, { changes, torn: undefined, fate }), `${fate}, ${changes}`)
    }
    // The first batch of the old end is overwritten in part, and the second one is whole.
    for (const torn of [1, 16, 32, 61]) {
      await t.resolves(crashAt(told, { changes: written, torn, fate }), `${fate}, ${torn} bytes`)
    }
  }
})
