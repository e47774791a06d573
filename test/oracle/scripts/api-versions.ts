import { ApiKey } from '../../../src/protocol/api-keys.js'
import { apis } from '../../../src/protocol/apis.js'
import type { Script } from '../script.js'

const SOFTWARE = { clientSoftwareName: 'oracle', clientSoftwareVersion: '1.0' }

/** Version negotiation, and what asking for a version that nobody serves comes to. */
export const apiVersions: Script = {
  name: 'api-versions',
  async run(t) {
    for (const version of [0, 1, 2, 3, 4]) {
      const body = await t.quietly(ApiKey.ApiVersions, version, SOFTWARE)
      // Which APIs are there is compared by the coverage test: samsa lists only what works.
      const { apiKeys, finalizedFeaturesEpoch, ...rest } = body
      t.record(`features: ApiVersions v${version}`, {
        kind: 'response',
        body: { ...rest, epochKnown: finalizedFeaturesEpoch > 0, some: apiKeys.length > 20 },
        bytes: Buffer.alloc(0),
      })
    }
    for (const version of [3, 4]) {
      for (const bad of ['', ' x', 'a b', '-a', 'ü']) {
        const name = { ...SOFTWARE, clientSoftwareName: bad }
        const number = { ...SOFTWARE, clientSoftwareVersion: bad }
        await t.ask(`software name '${bad}'`, ApiKey.ApiVersions, version, name, { on: 'software' })
        await t.ask(`software version '${bad}'`, ApiKey.ApiVersions, version, number, {
          on: 'software',
        })
      }
    }
    const client = t.connection('newer')
    t.record(
      'a version of tomorrow: ApiVersions v99',
      await client.sendBytes(ApiKey.ApiVersions, 3, [Buffer.from([1, 1, 0])], {
        headerApiVersion: 99,
      }),
    )
    for (const api of apis.values()) {
      if (api.key === ApiKey.ApiVersions) continue
      const version = api.request.versions.max + 90
      const answer = await t
        .connection(`tomorrow ${api.key}`)
        .sendBytes(api.key, api.request.versions.max, [Buffer.alloc(8)], {
          headerApiVersion: version,
          timeoutMs: 5_000,
        })
      t.record(`a version of tomorrow: ${api.name}`, answer)
    }
  },
}
