import { readFileSync } from 'node:fs'
import { startBroker } from '../../src/index.js'
import { ApiKey } from '../../src/protocol/api-keys.js'
import { WireClient } from '../oracle/wire-client.js'

interface Client {
  readonly name: string
  /** As it is, or where it is pinned. */
  readonly version:
    | string
    | { readonly lock: string; readonly package: string }
    | { readonly requirements: string; readonly package: string }
    | { readonly goMod: string; readonly module: string }
  /** What `node scripts/test.mjs` knows its tests by. */
  readonly part: string
  readonly run: string
}

interface AdvertisedVersions {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

function versionOf({ version }: Client): string {
  if (typeof version === 'string') return version
  if ('lock' in version) {
    const { packages } = JSON.parse(readFileSync(version.lock, 'utf8'))
    return packages[`node_modules/${version.package}`].version
  }
  if ('goMod' in version) {
    const required = readFileSync(version.goMod, 'utf8')
    return required.match(new RegExp(`^\\s+${version.module} v(\\S+)$`, 'm'))![1]!
  }
  const pinned = readFileSync(version.requirements, 'utf8')
  return pinned.match(new RegExp(`^${version.package}==(.+)$`, 'm'))![1]!
}

/** What a broker says of itself. */
async function advertised(): Promise<Map<number, string>> {
  await using broker = await startBroker()
  const client = WireClient.to(broker.bootstrapServers)
  const answer = await client.send(ApiKey.ApiVersions, 3, {
    clientSoftwareName: 'samsa',
    clientSoftwareVersion: '1',
  })
  client.close()
  if (answer.kind !== 'response') throw new Error(`ApiVersions: ${answer.kind}`)
  const apis = answer.body.apiKeys as AdvertisedVersions[]
  return new Map(apis.map((api) => [api.apiKey, `${api.minVersion}-${api.maxVersion}`]))
}

/** Text of COMPATIBILITY.md. Run from the project's root. */
export async function compatibility(): Promise<string> {
  const ours = await advertised()
  const theirs = readFileSync('test/golden/advertised.tsv', 'utf8').trim().split('\n').slice(1)
  const apis = theirs.map((line) => {
    const [key, name, versions] = line.split('\t')
    return `| ${name} | ${key} | ${ours.get(Number(key)) ?? '–'} | ${versions} |`
  })
  const clients = JSON.parse(readFileSync('test/compat/clients.json', 'utf8')) as Client[]
  const rows = clients.map(
    (client) => `| ${client.name} | ${versionOf(client)} | \`${client.part}\` | ${client.run} |`,
  )
  return `# Compatibility

Made by \`npm run compatibility\` from what a running broker answers and from what the tests run; a test
holds it to that.

## APIs

Versions as ApiVersions tells them. Every one of them is compared with Apache Kafka 4.3.1, field by field
(\`test/oracle\`); [docs/deviations.md](docs/deviations.md) lists what differs on purpose. \`–\` is not there
yet, and not advertised.

| API | key | samsa | Apache Kafka 4.3.1 |
| --- | ---: | --- | --- |
${apis.join('\n')}

## Clients

Unmodified, each through what its users do. \`node scripts/test.mjs PART\` runs one.

| client | version | part | what is run |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}
