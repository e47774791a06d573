import t from 'tap'
import { missingForApacheKafka } from '../support/apache-kafka/apache-kafka.js'
import { apacheKafka, samsa } from './brokers.js'
import { differencesOf } from './difference.js'
import { readRecording } from './recordings.js'
import { scripts } from './scripts/index.js'
import { assertSameAnswers } from './verdict.js'

const missing = missingForApacheKafka()

for (const script of scripts) {
  t.test(script.name, { skip: missing && `needs ${missing}` }, async (t) => {
    const theirs = await apacheKafka(script)
    assertSameAnswers(t, await samsa(script), theirs)
    const changed = differencesOf(await readRecording(script.name), theirs)
    t.strictSame(
      changed.filter(({ fields }) => fields.length > 0),
      [],
      'its recording still holds (record.ts makes it anew)',
    )
  })
}
