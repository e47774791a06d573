export { type Annotation, type AnnotationType, annotate } from './annotate.js'
export {
  type Codec,
  codecOf,
  type Decoded,
  decode,
  encode,
  encodeToBuffer,
  writeMessage,
} from './codec.js'
export {
  array,
  bigint,
  bool,
  bytes,
  type Field,
  type Fields,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  string,
  struct,
  type UnknownTag,
  uint16,
  uint32,
  uuid,
  ZERO_UUID,
} from './field.js'
export {
  type AnyMessage,
  data,
  type Infer,
  type Input,
  type Message,
  type MessageKind,
  record,
  request,
  response,
} from './message.js'
export { DecodeError, MAX_ELEMENTS, Reader } from './reader.js'
export { includes, NO_VERSIONS, type Versions } from './versions.js'
export { EncodeError, Writer } from './writer.js'
