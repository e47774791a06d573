import t from 'tap'
import { checkFaultSpec } from '../../../src/testing/faults/check-spec.js'
import { parseFault } from '../../../src/testing/faults/fault-text.js'

t.test('faults as they are written on a command line', async (t) => {
  const cases: [text: string, spec: object][] = [
    ['{"kind":"down"}', { kind: 'down' }],
    ['down', { kind: 'down' }],
    ['error:Produce:NOT_LEADER_OR_FOLLOWER', { api: 'Produce', error: 'NOT_LEADER_OR_FOLLOWER' }],
    [
      'error:Produce+Fetch:6,topic=orders,partition=1,times=2,once',
      { api: ['Produce', 'Fetch'], error: 6, topic: 'orders', partition: 1, times: 2, once: true },
    ],
    ['error:*:-1:not today', { api: '*', error: -1, message: 'not today' }],
    ['delay:Fetch:250:after,probability=0.5,seed=7', { ms: 250, when: 'after', probability: 0.5 }],
    ['disconnect:Heartbeat:before,group=/^b/,onCall=3', { group: '/^b/', onCall: 3 }],
    ['drop:Metadata,clientId=shop', { api: 'Metadata', clientId: 'shop' }],
    ['throttle:Produce:100', { api: 'Produce', ms: 100 }],
    ['blackhole:shop', { kind: 'blackhole', clientId: 'shop' }],
    ['corrupt', { kind: 'corrupt' }],
    ['capVersions:Fetch:11', { api: 'Fetch', max: 11 }],
    ['asVersion:2.8', { release: '2.8' }],
    ['ioError::ENXIO:orders-0', { kind: 'ioError', code: 'ENXIO', path: 'orders-0' }],
    ['diskFull,path=x=y', { kind: 'diskFull', path: 'x=y' }],
  ]
  for (const [text, spec] of cases) t.match(checkFaultSpec(parseFault(text)), spec, text)
  t.equal('operation' in parseFault('ioError::EIO'), false)
})

t.test('what is none', async (t) => {
  for (const text of ['', 'x', '{', 'toString', 'down:now', 'error:Produce:1:a:b', 'down,x']) {
    t.throws(() => checkFaultSpec(parseFault(text)), TypeError, text)
  }
})
