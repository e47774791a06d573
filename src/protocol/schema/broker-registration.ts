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
  uint16,
  uuid,
} from '../codec/index.js'

export const BrokerRegistrationRequest = request('BrokerRegistration', '0-4', '0+', {
  brokerId: int32,
  clusterId: string,
  incarnationId: uuid,
  listeners: array({
    name: string,
    host: string,
    port: uint16,
    securityProtocol: int16,
  }),
  features: array({
    name: string,
    minSupportedVersion: int16,
    maxSupportedVersion: int16,
  }),
  rack: string.nullable,
  isMigratingZkBroker: bool.in('1+').default(false),
  logDirs: array(uuid).in('2+').ignorable,
  previousBrokerEpoch: int64.in('3+').ignorable.default(-1),
})
export type BrokerRegistrationRequest = Infer<typeof BrokerRegistrationRequest>

export const BrokerRegistrationResponse = response('BrokerRegistration', '0-4', '0+', {
  throttleTimeMs: int32,
  errorCode: int16,
  brokerEpoch: int64.default(-1),
})
export type BrokerRegistrationResponse = Infer<typeof BrokerRegistrationResponse>
