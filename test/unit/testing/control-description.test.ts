import t from 'tap'
import { ApiKey } from '../../../src/protocol/api-keys.js'
import { ControlFixture } from './control-fixture.js'

t.test('the description has all there is, and nothing else', async (t) => {
  const control = await ControlFixture.start(t)
  const { openapi, paths, components } = await control.get('/openapi.json')
  t.equal(openapi, '3.1.0')
  const ids = new Set<string>()
  for (const [path, operations] of Object.entries<Record<string, Record<string, unknown>>>(paths)) {
    const at = path.replace(/\{[^}]+\}/g, '9')
    for (const [method, operation] of Object.entries(operations)) {
      t.notOk(ids.has(operation.operationId as string), `${operation.operationId} once`)
      ids.add(operation.operationId as string)
      t.ok(operation.summary)
      const parameters = (operation.parameters ?? []) as { name: string; in: string }[]
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
      const named = parameters.filter((each) => each.in === 'path').map(({ name }) => name)
      t.strictSame(named, inPath, path)
      const needsBody = operation.requestBody !== undefined
      if (!needsBody) continue
      const { status, body } = await control.ask(method.toUpperCase(), at, {})
      t.not(status, 405, `${method} ${path}`)
      t.not(body.error?.code, 'NOT_FOUND', `${method} ${path} is there`)
    }
    const known = Object.keys(operations).map((each) => each.toUpperCase())
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      if (known.includes(method)) continue
      const { status, headers } = await control.ask(method, at)
      t.equal(status, 405, `${method} ${path}`)
      t.strictSame(headers.get('allow')!.split(', ').sort(), known.sort())
    }
  }
  for (const [ref] of JSON.stringify(paths).matchAll(/#\/components\/\w+\/\w+/g)) {
    const [, , kind, name] = ref.split('/')
    t.ok(components[kind!][name!], ref)
  }
})

t.test('what is described is taken, and what is not is refused with what there is', async (t) => {
  const control = await ControlFixture.start(t)
  const { paths } = await control.get('/openapi.json')
  const { content } = paths['/seed'].post.requestBody
  t.match(content['application/json'].schema, { type: 'object', properties: { topics: {} } })
  t.match(content['text/csv'].schema, { type: 'string' })
  const told = async (method: string, path: string, body: unknown) => {
    const { status, body: answer } = await control.ask(method, path, body)
    return [status, answer.error?.message]
  }
  t.match(await told('POST', '/topics', { name: 'a', configs: { 'retention.ms': {} } }), [
    400,
    /^the body.configs.retention.ms has to be text$/,
  ])
  t.match(await told('POST', '/wait/request', { api: 'produce' }), [
    400,
    'the body.api has to be Produce, in these letters',
  ])
  t.match(await told('POST', '/wait/request', { api: 'Foo' }), [
    400,
    /^the body.api has to be one of Produce, Fetch, ListOffsets and so on/,
  ])
  const tooMany = { topics: { b: { partitions: 2 ** 31 } } }
  t.match(await told('POST', '/topics', { name: 'b', partitions: 2 ** 31 }), [
    400,
    'the body.partitions has to be from 1 to 2147483647',
  ])
  t.match(await told('POST', '/seed', tooMany), [409, /numPartitions must be an int32/])
  t.match(await told('PUT', '/groups/g/offsets', { offsets: { a: { [2 ** 31]: 1 } } }), [409])
  await control.post('/topics', { name: 'a' })
  t.match(await told('PUT', '/groups/g/offsets', { offsets: { a: { 7: 1 } } }), [
    404,
    'offset of group g for a-7: UNKNOWN_TOPIC_OR_PARTITION',
  ])
})

t.test('an API of the protocol that is named is one', async (t) => {
  const control = await ControlFixture.start(t)
  const { paths } = await control.get('/openapi.json')
  const { parameters } = paths['/journal'].get
  const { schema } = parameters.find(({ name }: { name: string }) => name === 'api')
  t.strictSame(schema.enum, Object.keys(ApiKey))
})
