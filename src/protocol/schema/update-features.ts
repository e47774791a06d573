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

export const UpdateFeaturesRequest = request('UpdateFeatures', '0-2', '0+', {
  timeoutMs: int32.default(60000),
  featureUpdates: array({
    feature: string,
    maxVersionLevel: int16,
    allowDowngrade: bool.in('0'),
    upgradeType: int8.in('1+').default(1),
  }),
  validateOnly: bool.in('1+').default(false),
})
export type UpdateFeaturesRequest = Infer<typeof UpdateFeaturesRequest>

export const UpdateFeaturesResponse = response('UpdateFeatures', '0-2', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: string.nullable,
  results: array({
    feature: string,
    errorCode: int16,
    errorMessage: string.nullable,
  }).in('0-1').ignorable,
})
export type UpdateFeaturesResponse = Infer<typeof UpdateFeaturesResponse>
