import t, { type Test } from 'tap'
import { ApiKey, type ApiName, apiName } from '../../../src/protocol/api-keys.js'
import { apis } from '../../../src/protocol/apis.js'
import { includes } from '../../../src/protocol/codec/index.js'
import type { Fault } from '../../../src/testing/faults/faults.js'
import { type Body, Fixture } from './broker-fixture.js'
import { sampleMessage } from './sample-message.js'

/** Longer than any test. */
const HOUR_MS = 3_600_000
const DELAY_MS = 5
const THROTTLE_MS = 10
const SOFTWARE = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }

interface Api {
  readonly api: ApiName
  readonly min: number
  readonly max: number
}

const fixture = await Fixture.start(t)
const { faults, journal } = fixture.broker
const { apiKeys } = await fixture.client().ask('ApiVersions', 3, SOFTWARE)
const advertised: Api[] = apiKeys.map(({ apiKey, minVersion, maxVersion }: Body) => ({
  api: apiName(apiKey)!,
  // Of Produce more are advertised than there are (KIP-896).
  min: Math.max(minVersion, apis.get(apiKey)!.request.versions.min),
  max: maxVersion,
}))

/** A client that has asked for something, and the fault that strikes that. */
async function struck(fault: Fault, { api, max }: Api, version = max) {
  const { request } = apis.get(ApiKey[api])!
  const client = fixture.client(`${api} asked`)
  const answer = client.send(api, version, sampleMessage(request, version))
  await fault.struck()
  return { client, answer }
}

/** Nobody waits for what such a request would bring about. */
const answered = () => faults.error('*', 'UNKNOWN_SERVER_ERROR', { clientId: '/ asked$/' })

/** A fault at each API that is advertised, beside errors that answer at once. */
function atEach(name: string, test: (t: Test, api: Api) => Promise<unknown>): void {
  t.test(name, async (t) => {
    t.ok(advertised.length > 30)
    for (const each of advertised) {
      await test(t, each)
      await faults.clear()
    }
  })
}

for (const when of ['before', 'after'] as const) {
  atEach(`connections closed ${when} the fact, at every API`, async (t, each) => {
    const { api } = each
    const fault = faults.disconnect(api, when)
    const errors = answered()
    const { answer } = await struck(fault, each)
    t.match(await answer, { kind: 'closed' }, api)
    t.equal(errors.hits, when === 'after' ? 1 : 0, `${api}: ${when} it has been done`)
  })

  atEach(`an answer that is held back ${when} the fact, at every API`, async (t, each) => {
    const { api } = each
    for (const kind of ['drop', 'delay'] as const) {
      const fault =
        kind === 'drop' ? faults.drop(api, { when }) : faults.delay(api, HOUR_MS, { when })
      const errors = answered()
      const { answer } = await struck(fault, each)
      const what = `${api}: ${kind}`
      t.equal(errors.hits, when === 'after' ? 1 : 0, `${what} ${when} it has been done`)
      t.equal(journal.entries({ api }).at(-1)!.outcome, undefined, `${what} is unanswered`)
      await fault.stop()
      t.match(await answer, { kind: 'response' }, `${what} is over`)
      await errors.stop()
    }
  })
}

atEach('a black hole takes every API', async (t, each) => {
  const { api } = each
  const hole = faults.blackhole(`${api} asked`)
  const errors = answered()
  const { answer } = await struck(hole, each)
  t.equal(errors.hits, 0, `${api} has no effect`)
  t.equal(journal.entries({ api }).at(-1)!.outcome, undefined, `${api} is unanswered`)
  await hole.stop()
  t.match(await answer, { kind: 'response' }, `${api} is heard in the end`)
})

atEach('a delay that ends, at every API', async (t, each) => {
  const { api } = each
  answered()
  const { answer } = await struck(faults.delay(api, DELAY_MS), each)
  t.match(await answer, { kind: 'response' }, api)
  const { durationMs } = journal.entries({ api }).at(-1)!
  t.ok(durationMs! >= DELAY_MS - 1, `${api} has taken ${durationMs} ms`)
})

atEach('throttling is told in every version that can, and heeded', async (t, each) => {
  const { api, min, max } = each
  const { throttleTimeMs } = apis.get(ApiKey[api])!.response.fields
  answered()
  for (let version = min; version <= max; version++) {
    const fault = faults.throttle(api, THROTTLE_MS)
    const startedMs = Date.now()
    const { client, answer } = await struck(fault, each, version)
    const got = await answer
    await fault.stop()
    const what = `${api} v${version}`
    const isTold = throttleTimeMs && includes(throttleTimeMs.modifiers.versions, version)
    const { body } = got as { readonly body: Body }
    t.equal(body.throttleTimeMs ?? 0, isTold ? THROTTLE_MS : 0, what)
    if (version < max) continue
    await client.ask('ApiVersions', 0, {})
    t.ok(Date.now() - startedMs >= THROTTLE_MS - 1, `${what}: the connection is muted`)
  }
})

atEach('every API can be capped, and taken away', async (t, { api, min, max }) => {
  // There is no finding out about that but by its error.
  if (api === 'ApiVersions') return
  const client = fixture.client()
  const body = sampleMessage(apis.get(ApiKey[api])!.request, max)
  for (const cap of max > min ? [max - 1, -1] : [-1]) {
    const fault = faults.capVersions(api, cap)
    const { apiKeys } = await client.ask('ApiVersions', 3, SOFTWARE)
    const left = apiKeys.find(({ apiKey }: Body) => apiKey === ApiKey[api])
    const expected = { maxVersion: cap }
    if (cap === -1) t.equal(left, undefined, `${api} isn't there`)
    else t.match(left, expected, `${api} is advertised up to ${cap}`)
    t.match(await fixture.client().send(api, max, body), { kind: 'closed' }, `${api} v${max}`)
    await fault.stop()
  }
})
