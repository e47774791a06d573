import t from 'tap'
import { stories } from '../every-byte/stories.js'

for (const story of stories) {
  t.test(`a crash at every byte: ${story.name}`, async (t) => {
    const { crashes, failures } = await story.crash(1)
    t.strictSame(failures, [])
    t.comment(`${crashes} crashes`)
  })
}
