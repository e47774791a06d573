import {
  array,
  bool,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  string,
} from '../codec/index.js'

export const ApiVersionsRequest = request('ApiVersions', '0-4', '3+', {
  clientSoftwareName: string.in('3+').ignorable,
  clientSoftwareVersion: string.in('3+').ignorable,
})
export type ApiVersionsRequest = Infer<typeof ApiVersionsRequest>

export const ApiVersionsResponse = response('ApiVersions', '0-4', '3+', {
  errorCode: int16,
  apiKeys: array({
    apiKey: int16,
    minVersion: int16,
    maxVersion: int16,
  }),
  throttleTimeMs: int32.in('1+').ignorable,
  supportedFeatures: array({
    name: string,
    minVersion: int16,
    maxVersion: int16,
  })
    .in('3+')
    .tagged(0).ignorable,
  finalizedFeaturesEpoch: int64.in('3+').tagged(1).ignorable.default(-1),
  finalizedFeatures: array({
    name: string,
    maxVersionLevel: int16,
    minVersionLevel: int16,
  })
    .in('3+')
    .tagged(2).ignorable,
  zkMigrationReady: bool.in('3+').tagged(3).ignorable.default(false),
})
export type ApiVersionsResponse = Infer<typeof ApiVersionsResponse>
