import { API_VERSION } from './api-header.js'
import { Failure } from './models.js'
import { isParameter, parameterName, type Route } from './route.js'
import { JSON_TYPE } from './router.js'

const STATUS_TEXTS = {
  400: 'The request can not be understood',
  403: 'The request comes by another name, or from a page of another site',
  404: 'There is no such thing',
  405: 'The path is for other methods',
  408: 'Waiting is over',
  409: 'It can not be done now; the error is that of Kafka, where Kafka has one',
  413: 'The body is too large',
  415: 'The body has another type, charset or coding',
  431: 'The headers are too large',
  500: 'The broker has failed at this',
  503: 'Too much is under way, or the broker has failed',
} as const

/** A description in OpenAPI 3.1 of what the routes do. */
export function openApi(routes: readonly Route[]): Readonly<Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path]![route.method.toLowerCase()] = operation(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'samsa control API',
      version: API_VERSION,
      description: 'Looks into a broker under test, and has it do what a test needs.',
    },
    paths,
    components: {
      schemas: { Failure },
      responses: Object.fromEntries(
        Object.entries(STATUS_TEXTS).map(([status, description]) => [
          `Failure${status}`,
          {
            description,
            content: { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/Failure' } } },
          },
        ]),
      ),
    },
  }
}

function operation(route: Route): Readonly<Record<string, unknown>> {
  const { operationId, summary, answer } = route
  const parameters = parametersOf(route)
  const content =
    'mediaType' in answer
      ? { [answer.mediaType as string]: { schema: { type: 'string' } } }
      : { [JSON_TYPE]: { schema: answer } }
  return {
    operationId,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBody(route),
    responses: {
      200: { description: 'Done', content },
      ...Object.fromEntries(
        Object.keys(STATUS_TEXTS).map((status) => [
          status,
          { $ref: `#/components/responses/Failure${status}` },
        ]),
      ),
    },
  }
}

function parametersOf({ segments, query }: Route): readonly Record<string, unknown>[] {
  return [
    ...segments.filter(isParameter).map((segment) => ({
      name: parameterName(segment),
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', schema })),
  ]
}

function requestBody({ body, textBody }: Route): Readonly<Record<string, unknown>> {
  if (body === undefined && textBody === undefined) return {}
  const content =
    body === undefined
      ? Object.fromEntries(
          Object.entries(textBody!.mediaTypes).map(([type, schema]) => [type, { schema }]),
        )
      : { [JSON_TYPE]: { schema: body } }
  const description = textBody === undefined ? {} : { description: textBody.description }
  return { requestBody: { required: body !== undefined, ...description, content } }
}
