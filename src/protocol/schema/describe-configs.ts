import {
  array,
  bool,
  type Infer,
  int8,
  int16,
  int32,
  request,
  response,
  string,
} from '../codec/index.js'

export const DescribeConfigsRequest = request(
  'DescribeConfigs',
  '1-4',
  '4+',
  {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configurationKeys: array(string).nullable,
    }),
    includeSynonyms: bool.in('1+').default(false),
    includeDocumentation: bool.in('3+').default(false),
  },
  { legacy: '0' },
)
export type DescribeConfigsRequest = Infer<typeof DescribeConfigsRequest>

export const DescribeConfigsResponse = response(
  'DescribeConfigs',
  '1-4',
  '4+',
  {
    throttleTimeMs: int32,
    results: array({
      errorCode: int16,
      errorMessage: string.nullable,
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: string.nullable,
        readOnly: bool,
        isDefault: bool.in('0').ignorable,
        configSource: int8.in('1+').ignorable.default(-1),
        isSensitive: bool,
        synonyms: array({
          name: string,
          value: string.nullable,
          source: int8,
        }).in('1+').ignorable,
        configType: int8.in('3+').ignorable.default(0),
        documentation: string.in('3+').nullable.ignorable,
      }),
    }),
  },
  { legacy: '0' },
)
export type DescribeConfigsResponse = Infer<typeof DescribeConfigsResponse>
