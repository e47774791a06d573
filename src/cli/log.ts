import pino from 'pino'
import type { Logger } from '../env/logger.js'
import type { LogLevel } from './arguments.js'

const STDERR = 2

/**
 * Logs to stderr: lines for people, or JSON. Synchronous, so that what was said last before the end
 * isn't lost.
 */
export async function createLogger(level: LogLevel, forPeople: boolean): Promise<Logger> {
  const { err } = pino.stdSerializers
  const options = { level, base: null, serializers: { err, error: err } }
  const logger: Logger = pino(options, forPeople ? await lines() : json())
  return logger
}

const json = () => pino.destination({ fd: STDERR, sync: true })

async function lines() {
  const { default: pretty } = await import('pino-pretty')
  return pretty({
    destination: STDERR,
    sync: true,
    colorize: true,
    singleLine: true,
    translateTime: 'HH:MM:ss.l',
  })
}
