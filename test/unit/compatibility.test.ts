import { readFileSync } from 'node:fs'
import t from 'tap'
import { compatibility } from '../support/compatibility.js'

t.test('COMPATIBILITY.md says what is so (npm run compatibility writes it anew)', async (t) => {
  t.equal(readFileSync('COMPATIBILITY.md', 'utf8'), await compatibility())
})
