import type { ParsedValue } from './config-def.js'

/** A double as Java's `Double.toString` prints it: always a fraction, an exponent outside 1e-3..1e7. */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa, exponent] = value.toExponential().split('e')
  const digits = mantissa!.includes('.') ? mantissa : `${mantissa}.0`
  return `${digits}E${Number(exponent)}`
}

const BLANK = 0x20

/** A text as Java's `String.trim` leaves it: without what is at most U+0020 around it, and no other blanks. */
export function javaTrim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= BLANK) start++
  while (start < end && text.charCodeAt(end - 1) <= BLANK) end--
  return text.slice(start, end)
}

/** A value as it appears in Kafka's error messages: a list in brackets. */
export function toJavaText(value: ParsedValue): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
}
