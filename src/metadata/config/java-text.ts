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

/** A value as it appears in Kafka's error messages: a list in brackets. */
export function toJavaText(value: ParsedValue): string {
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value)
}
