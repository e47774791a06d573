/** How the cleaner works; Kafka's `log.cleaner.*`. */
export interface CleanerConfig {
  /** `log.cleaner.enable` */
  readonly enabled: boolean
  /** `log.cleaner.dedupe.buffer.size`: memory for the offsets of keys, bytes. */
  readonly dedupeBufferBytes: number
  /** `log.cleaner.io.buffer.load.factor`: how full that memory may become, 0 to 1. */
  readonly dedupeBufferLoadFactor: number
  /** `log.cleaner.io.buffer.size`: for reading and writing together, bytes. */
  readonly ioBufferBytes: number
  /** `log.cleaner.io.max.bytes.per.second`: read and written together. */
  readonly maxIoBytesPerSecond: number
  /** `log.cleaner.backoff.ms`: pause where there was nothing to clean. */
  readonly backoffMs: number
}

/** Kafka's defaults. */
export const DEFAULT_CLEANER_CONFIG: CleanerConfig = {
  enabled: true,
  dedupeBufferBytes: 128 * 1024 * 1024,
  dedupeBufferLoadFactor: 0.9,
  ioBufferBytes: 512 * 1024,
  maxIoBytesPerSecond: Number.MAX_VALUE,
  backoffMs: 15_000,
}
