import t from 'tap'
import { describeConfigs } from '../../../src/broker/api/describe-configs.js'
import {
  ask,
  type Body,
  broker,
  configOf,
  forbidding,
  ScriptedController,
  servicesOf,
  setting,
  stateOf,
} from './admin-fixtures.js'

const BROKER = 4

type State = ReturnType<typeof stateOf>

/** DescribeConfigs of a broker that has that state. */
function describing(state: State): (resource: object, more?: object) => Promise<Body[]> {
  const config = configOf({})
  config.update(state)
  const services = servicesOf({
    state,
    config,
    controller: new ScriptedController(() => ({})),
    authorizer: forbidding(() => false),
  })
  return async (resource, more) => {
    const resources = [{ resourceType: BROKER, ...resource }]
    const { results } = await ask(describeConfigs(services), 4, { resources, ...more })
    return results[0].configs
  }
}

t.test(
  'configurations that are only dynamic are of a type, and come first where set',
  async (t) => {
    const [leader, follower] = ['leader', 'follower'].map(
      (of) => `${of}.replication.throttled.rate`,
    )
    const configs = describing(
      stateOf(
        broker(1),
        setting(BROKER, '1', leader!, '123'),
        setting(BROKER, '', leader!, '5'),
        setting(BROKER, '', follower!, '456'),
      ),
    )
    const describe = async (resourceName: string): Promise<Body[]> => {
      const shown = { includeSynonyms: true, includeDocumentation: false }
      return (await configs({ resourceName, configurationKeys: null }, shown)).slice(0, 2)
    }
    const rate = { isSensitive: false, readOnly: false, configType: 5 }
    t.match(await describe('1'), [
      { ...rate, name: follower, value: '456', configSource: 3 },
      {
        ...rate,
        name: leader,
        value: '123',
        configSource: 2,
        synonyms: [
          { name: leader, value: '123', source: 2 },
          { name: leader, value: '5', source: 3 },
        ],
      },
    ])
    t.match(await describe(''), [
      { ...rate, name: leader, value: '5', configSource: 3 },
      { ...rate, name: follower, value: '456', configSource: 3 },
    ])
  },
)

t.test('what is set for one listener is of the type that it is for all', async (t) => {
  const name = 'listener.name.plaintext.ssl.keystore.type'
  const secret = 'listener.name.plaintext.ssl.keystore.password'
  const configs = describing(
    stateOf(broker(1), setting(BROKER, '1', name, 'PEM'), setting(BROKER, '1', secret, 'x')),
  )
  const shown = await configs({ resourceName: '1', configurationKeys: [name, secret] })
  const entries = new Map(shown.map((entry) => [entry.name, entry]))
  t.match(entries.get(name), { value: 'PEM', isSensitive: false, configSource: 2, configType: 2 })
  t.match(entries.get(secret), { value: null, isSensitive: true, configSource: 2, configType: 9 })
})
