import t from 'tap'
import { ApiKey } from '../../src/protocol/api-keys.js'
import { apis } from '../../src/protocol/apis.js'
import { bootstrapFor } from '../support/bootstrap.js'
import { advertisedBy, readAdvertised } from './advertised.js'
import { samsa } from './brokers.js'
import { readRecording } from './recordings.js'
import { versionsOf } from './script.js'
import { scripts } from './scripts/index.js'
import { assertSameAnswers } from './verdict.js'

for (const script of scripts) {
  t.test(`${script.name}: samsa answers as Apache Kafka did`, async (t) => {
    assertSameAnswers(t, await samsa(script), await readRecording(script.name))
  })
}

t.test('what is advertised is advertised in the versions of Apache Kafka', async (t) => {
  const theirs = new Map((await readAdvertised()).map((api) => [api.apiKey, api]))
  for (const api of await advertisedBy(await bootstrapFor(t))) {
    t.strictSame(api, theirs.get(api.apiKey), `${apis.get(api.apiKey)?.name}`)
  }
})

t.test('every version that is advertised is asked', async (t) => {
  const recorded = await Promise.all(scripts.map((script) => readRecording(script.name)))
  const asked = new Set(recorded.flat().map(({ label }) => /[A-Z]\w+ v\d+$/.exec(label)?.[0]))
  for (const { apiKey } of await advertisedBy(await bootstrapFor(t))) {
    const name = apis.get(apiKey)?.name ?? `${apiKey}`
    const missing = versionsOf(apiKey).filter((version) => !asked.has(`${name} v${version}`))
    t.strictSame(missing, [], name)
  }
  t.ok(asked.has(`${apis.get(ApiKey.ApiVersions)?.name} v99`))
})
