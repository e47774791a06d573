import { ErrorCode, type ErrorName, errorName } from '../protocol/errors.js'

/** `errorCode`, `partitionErrorCode`, `topicConfigErrorCode`: every response calls it so. */
const ERROR_FIELD = /[eE]rrorCode$/

/** The errors in a response, wherever they stand, each once. */
export function errorsIn(response: unknown): ErrorName[] {
  const found = new Set<number>()
  collect(response, found)
  return [...found].map((code) => errorName(code) as ErrorName)
}

function collect(value: unknown, found: Set<number>): void {
  if (Array.isArray(value)) {
    for (const each of value) collect(each, found)
    return
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'object') collect(field, found)
    else if (typeof field === 'number' && field !== ErrorCode.NONE && ERROR_FIELD.test(name)) {
      found.add(field)
    }
  }
}
