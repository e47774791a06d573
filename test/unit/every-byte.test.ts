import t from 'tap'
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
