// npm run compatibility: writes COMPATIBILITY.md anew.
import { writeFileSync } from 'node:fs'
import { compatibility } from '../test/support/compatibility.js'

writeFileSync('COMPATIBILITY.md', await compatibility())
