import {
  bool,
  bytes,
  type Infer,
  int8,
  int16,
  int32,
  request,
  response,
  uuid,
} from '../codec/index.js'

export const PushTelemetryRequest = request('PushTelemetry', '0', '0+', {
  clientInstanceId: uuid,
  subscriptionId: int32,
  terminating: bool,
  compressionType: int8,
  metrics: bytes,
})
export type PushTelemetryRequest = Infer<typeof PushTelemetryRequest>

export const PushTelemetryResponse = response('PushTelemetry', '0', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
})
export type PushTelemetryResponse = Infer<typeof PushTelemetryResponse>
