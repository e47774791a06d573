import {
  array,
  bool,
  type Infer,
  int16,
  int32,
  int64,
  request,
  response,
  uuid,
} from '../codec/index.js'

export const BrokerHeartbeatRequest = request('BrokerHeartbeat', '0-2', '0+', {
  brokerId: int32,
  brokerEpoch: int64.default(-1),
  currentMetadataOffset: int64,
  wantFence: bool,
  wantShutDown: bool,
  offlineLogDirs: array(uuid).in('1+').tagged(0),
  cordonedLogDirs: array(uuid).in('2+').nullable.tagged(1).default(null),
})
export type BrokerHeartbeatRequest = Infer<typeof BrokerHeartbeatRequest>

export const BrokerHeartbeatResponse = response('BrokerHeartbeat', '0-2', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  isCaughtUp: bool.default(false),
  isFenced: bool.default(true),
  shouldShutDown: bool,
})
export type BrokerHeartbeatResponse = Infer<typeof BrokerHeartbeatResponse>
