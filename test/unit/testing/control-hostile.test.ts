import t, { type Test } from 'tap'
import type { HttpHandler, HttpLimits } from '../../../src/env/http.js'
import { systemHttp } from '../../../src/env/http-node.js'
import { LIMITS } from '../../../src/testing/control/control-server.js'
import { until } from '../../support/until.js'
import { ControlFixture, RawHttp } from './control-fixture.js'

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`

t.test('names that are made to lead here, and pages of other sites', async (t) => {
  const control = await ControlFixture.start(t)
  const { port } = control
  const status = async (...headers: string[]) => {
    const raw = await control.raw()
    t.teardown(() => raw.close())
    raw.send(head('POST /reset HTTP/1.1', ...headers, 'Content-Length: 0'))
    await until(() => raw.statuses.length > 0, 'the answer')
    return raw.statuses[0]
  }
  const allowed = [
    [`Host: 127.0.0.1:${port}`],
    [`Host: LOCALHOST:${port}`],
    [`Host: [::1]:${port}`],
    // Behind a forwarded port.
    ['Host: localhost:1234'],
    ['Host: localhost:1234', 'Origin: http://localhost:1234'],
    ['Host: localhost', 'Sec-Fetch-Site: same-origin'],
  ]
  for (const headers of allowed) t.equal(await status(...headers), 200, headers.join())
  const refused = [
    ['Host: evil.example'],
    [`Host: evil.example:${port}`],
    ['Host: localhost.evil.example'],
    ['Host: localhost@evil.example'],
    ['Host: 127.0.0.1.nip.io'],
    ['Host: '],
    ['Host: [::1'],
    ['Host: 0.0.0.0'],
    [`Host: localhost:${port}`, 'Origin: http://evil.example'],
    [`Host: localhost:${port}`, `Origin: http://localhost:${port + 1}`],
    [`Host: localhost:${port}`, `Origin: https://localhost:${port}`],
    [`Host: localhost:${port}`, 'Origin: null'],
    [`Host: localhost:${port}`, 'Sec-Fetch-Site: cross-site'],
    [`Host: localhost:${port}`, 'Sec-Fetch-Site: same-site'],
    [`Host: localhost:${port}`, 'Host: evil.example'],
  ]
  for (const headers of refused) t.equal(await status(...headers), 403, headers.join())
  t.equal(await status(), 400, 'no Host at all')
  const answer = await control.ask('GET', '/health')
  t.notOk(answer.headers.has('access-control-allow-origin'))
})

t.test('forms of web pages bring nothing about', async (t) => {
  const control = await ControlFixture.start(t)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const answer = await control.ask('POST', '/faults', '{"kind":"down"}', { 'content-type': type })
    t.match(answer, { status: 415, body: { error: { code: 'UNSUPPORTED_MEDIA_TYPE' } } })
  }
  t.strictSame(control.broker.faults.active, [])
})

t.test('bodies that are none', async (t) => {
  const control = await ControlFixture.start(t)
  const json = { 'content-type': 'application/json' }
  for (const text of ['{', '[]', 'null', '"x"', '{"kind"', `${'['.repeat(100_000)}`, '\0']) {
    const answer = await control.ask('POST', '/faults', text, json)
    t.match(answer, { status: 400, body: { error: { code: 'BAD_REQUEST' } } }, text.slice(0, 10))
  }
  t.match(await control.ask('POST', '/faults'), { status: 400 })
  t.match(await control.ask('POST', '/clock', { advance: '1s', further: 1 }), { status: 400 })
  t.match(await control.ask('POST', '/topics', { name: 1 }), { status: 400 })
  t.match(await control.ask('GET', '/journal?nope=1'), { status: 400 })
  t.match(await control.ask('GET', '/journal?after=1&after=2'), { status: 400 })
  t.match(await control.ask('GET', '/topics/x/records?partition=-1'), { status: 400 })
  t.match(await control.ask('GET', '/topics/x/records?partition=1.5'), { status: 400 })
  t.match(await control.ask('GET', '/topics/x/records?__proto__=1'), { status: 400 })
})

t.test('text that is in another charset or coding is refused, not changed', async (t) => {
  const control = await ControlFixture.start(t)
  const type = 'application/json'
  const latin = Buffer.from('{"records":[{"value":"\xe9"}]}', 'latin1')
  const produce = (body: string | Buffer, headers: Readonly<Record<string, string>>) =>
    fetch(new URL('/topics/orders/records', control.url), { method: 'POST', body, headers })
  const refused = async (
    status: number,
    body: string | Buffer,
    headers: Record<string, string>,
  ) => {
    const answer = await produce(body, headers)
    const told = (await answer.json()) as { readonly error: { readonly message: string } }
    t.equal(answer.status, status, `${JSON.stringify(headers)}: ${told.error.message}`)
  }
  await refused(415, latin, { 'content-type': `${type}; charset=iso-8859-1` })
  await refused(415, '{}', { 'content-type': `${type};charset="UTF-16"` })
  await refused(415, '{}', { 'content-type': type, 'content-encoding': 'gzip' })
  await refused(400, latin, { 'content-type': type })
  t.strictSame(control.broker.topics(), [])
  for (const charset of ['', '; charset=utf-8', ';charset="UTF-8"', '; charset=us-ascii']) {
    const headers = { 'content-type': `${type}${charset}`, 'content-encoding': 'identity' }
    t.equal((await produce('\ufeff{"records":[{"value":"é"}]}', headers)).status, 200, charset)
  }
  const values = (await control.broker.topic('orders').records()).map(({ value }) => value)
  t.strictSame(values, ['é', 'é', 'é', 'é'])
})

t.test('refusals before there is a request are JSON, too', async (t) => {
  const control = await ControlFixture.start(t)
  const told = async (...headers: string[]) => {
    const raw = await control.raw()
    t.teardown(() => raw.close())
    raw.send(head('GET /health HTTP/1.1', ...headers))
    await until(() => raw.received.includes('}'), 'the answer')
    return raw.received
  }
  t.match(await told(), /^HTTP\/1.1 400 .*"message":"the request does not say its Host"/s)
  t.match(
    await told('Host: localhost', 'Expect: the unexpected'),
    /^HTTP\/1.1 200 .*"status":"ok"/s,
  )
})

t.test('seeds are content, never paths', async (t) => {
  const control = await ControlFixture.start(t)
  const seed = (type: string, text: string, query = '') =>
    control.ask('POST', `/seed${query}`, text, { 'content-type': type })
  const cases: [type: string, text: string, query?: string][] = [
    ['application/json', '"/etc/passwd"'],
    ['application/yaml', '/etc/passwd'],
    ['application/yaml', '../../package.json'],
    ['application/yaml', 'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntopics: *c'],
    ['application/yaml', 'topics: !!js/function "() => 1"'],
    ['application/json', '{"topics":{"../x":null}}'],
    ['application/jsonl', '{"value":"no topic"}'],
    ['application/jsonl', '{"topic":"__proto__","value":1}'],
    ['application/jsonl', 'x', '?topic=..%2F..%2Fetc%2Fpasswd'],
    ['text/csv', 'value\n"unclosed', '?topic=x'],
    ['text/csv', 'value\nx', '?topic=%00'],
  ]
  for (const [type, text, query] of cases) {
    const { status, body } = await seed(type, text, query)
    t.ok(status === 400 || status === 409, `${type} ${text}: ${status} ${JSON.stringify(body)}`)
    t.notMatch(JSON.stringify(body), /root:/)
  }
  t.equal(Object.hasOwn(Object.prototype, 'records'), false)
  t.strictSame(control.broker.topics(), [])
  t.match(await control.get('/health'), { status: 'ok' })
})

t.test('paths lead nowhere but to what there is', async (t) => {
  const control = await ControlFixture.start(t)
  const status = async (target: string) => {
    const raw = await control.raw()
    t.teardown(() => raw.close())
    raw.send(head(`GET ${target} HTTP/1.1`, 'Host: localhost'))
    await until(() => raw.statuses.length > 0, 'the answer')
    return raw.statuses[0]
  }
  for (const target of [
    '/',
    '//',
    '/..',
    '/health/',
    '/topics/../health',
    '/topics/',
    '/snapshots/..%2f..%2fetc%2fpasswd',
    '/constructor',
    '/__proto__',
    'http://evil.example/health',
    '*',
    '/health%00',
  ]) {
    t.ok([404, 405].includes((await status(target))!), target)
  }
  t.equal(await status('/topics/%zz'), 400)
  t.equal(await status('/topics/%2e%2e%2fhealth'), 404)
  t.equal(await status('/health?'), 200)
})

t.test('a body that is too large', async (t) => {
  const control = await ControlFixture.start(t)
  const declared = await control.raw()
  t.teardown(() => declared.close())
  const lines = ['POST /seed HTTP/1.1', 'Host: localhost', 'Content-Type: application/json']
  declared.send(head(...lines, `Content-Length: ${LIMITS.maxBodyBytes + 1}`))
  await until(() => declared.statuses.length > 0, 'the answer')
  t.strictSame(declared.statuses, [413])
  const chunked = await control.raw()
  t.teardown(() => chunked.close())
  chunked.send(head(...lines, 'Transfer-Encoding: chunked'))
  const chunk = ' '.repeat(1024 * 1024)
  for (let sent = 0; sent <= LIMITS.maxBodyBytes; sent += chunk.length) {
    chunked.send(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
  }
  await until(() => chunked.statuses.length > 0, 'the answer')
  t.strictSame(chunked.statuses, [413])
  t.match(chunked.received, /"code":"BODY_TOO_LARGE"/)
  t.match(await control.get('/health'), { status: 'ok' })
})

t.test('what is no HTTP, and headers that are too large', async (t) => {
  const control = await ControlFixture.start(t)
  const cases: [text: string, status: number][] = [
    ['nonsense\r\n\r\n', 400],
    ['GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n', 400],
    [
      'POST /reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    [`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ]
  for (const [text, status] of cases) {
    const raw = await control.raw()
    raw.send(text)
    await until(() => raw.isClosed, 'the connection to be closed')
    t.strictSame(raw.statuses, [status], text.slice(0, 60))
    t.match(raw.received, /\r\n\r\n\{"error":\{"code":"[A-Z_]+","message":"/)
  }
  const kafka = await control.raw()
  kafka.send('\0\0\0\x10\0\x12\0\0\0\0\0\x01\0\x04test')
  await until(() => kafka.isClosed, 'a client of Kafka to be sent away')
})

t.test('requests in one go are answered in their order', async (t) => {
  const control = await ControlFixture.start(t)
  const raw = await control.raw()
  t.teardown(() => raw.close())
  const body = JSON.stringify({ topic: 'none', count: 1, timeoutMs: 50 })
  const type = 'Content-Type: application/json'
  raw.send(
    [
      head('GET /health HTTP/1.1', 'Host: localhost'),
      head('POST /wait/messages HTTP/1.1', 'Host: x', type, `Content-Length: ${body.length}`),
      body,
      head(
        'POST /wait/messages HTTP/1.1',
        'Host: localhost',
        type,
        `Content-Length: ${body.length}`,
      ),
      body,
      head('GET /nope HTTP/1.1', 'Host: localhost'),
    ].join(''),
  )
  await until(() => raw.statuses.length === 4, 'all answers')
  t.strictSame(raw.statuses, [200, 403, 408, 404])
})

/** A server that answers when it is told to. */
async function patientServer(t: Test, limits: Partial<HttpLimits>) {
  const waiting: (() => void)[] = []
  const ok = { status: 200, headers: {}, body: 'ok' }
  const handler: HttpHandler = {
    admit: () => undefined,
    answer: () => new Promise((resolve) => waiting.push(() => resolve(ok))),
    refuse: (refusal) => ({ status: 499, headers: {}, body: refusal }),
  }
  const listener = await systemHttp.listenOnLoopback(0, handler, { ...LIMITS, ...limits })
  t.teardown(() => listener.close())
  const raw = async () => {
    const connection = await RawHttp.connect(listener.address.port)
    t.teardown(() => connection.close())
    return connection
  }
  return { waiting, raw }
}

t.test('bodies and headers that come too slowly', async (t) => {
  const { raw } = await patientServer(t, { requestTimeoutMs: 100 })
  const slowBody = await raw()
  slowBody.send(head('POST /x HTTP/1.1', 'Host: x', 'Content-Length: 10'))
  slowBody.send('1')
  const slowHead = await raw()
  slowHead.send('POST /x HTTP/1.1\r\nHost: x\r\n')
  for (const slow of [slowBody, slowHead]) {
    await until(() => slow.isClosed, 'the connection to be closed')
    t.match(slow.received, /^HTTP\/1.1 499 .*tooSlow$/s)
  }
})

t.test(
  'nothing is left of requests whose turn has not come when the connection goes',
  async (t) => {
    const { waiting, raw } = await patientServer(t, { maxRequests: 20 })
    const first = await raw()
    first.send(head('GET /x HTTP/1.1', 'Host: x').repeat(20))
    await until(() => waiting.length === 20, 'all requests')
    first.close()
    const second = await raw()
    await until(() => {
      second.send(head('GET /x HTTP/1.1', 'Host: x'))
      return waiting.length > 20
    }, 'room again')
  },
)

t.test('too many requests, bytes and connections', async (t) => {
  const limits = { maxRequests: 2, maxHeldBytes: 1000, maxConnections: 4 }
  const { waiting, raw } = await patientServer(t, limits)
  const request = head('POST /x HTTP/1.1', 'Host: x', 'Content-Length: 1')
  const [first, second, third] = [await raw(), await raw(), await raw()] as const
  first.send(`${request}x`)
  second.send(`${request}x`)
  await until(() => waiting.length === 2, 'two requests')
  third.send(`${request}x`)
  await until(() => third.statuses.length === 1, 'the answer')
  t.match(third.received, /tooMany$/)
  for (const answer of waiting.splice(0)) answer()
  await until(() => first.statuses.length === 1 && second.statuses.length === 1, 'the answers')
  const large = head('POST /x HTTP/1.1', 'Host: x', 'Content-Length: 1000')
  first.send(large + 'x'.repeat(1000))
  await until(() => waiting.length === 1, 'the large one')
  second.send(`${request}x`)
  await until(() => second.statuses.length === 2, 'the answer')
  t.match(second.received, /tooMany$/)
  first.close()
  await until(async () => {
    second.send(`${request}x`)
    await until(() => waiting.length === 2 || second.received.endsWith('tooMany'), 'any answer')
    return waiting.length === 2
  }, 'room again')
  await raw()
  await raw()
  const oneTooMany = await raw()
  await until(() => oneTooMany.isClosed, 'the connection to be closed')
})
