/** A value that can't be used. The message is Kafka's (`ConfigException`). */
export class ConfigException extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigException'
  }
}

/** The usual wording: which value, for what, and what is wrong with it. */
export function invalidValue(name: string, value: string, reason: string): ConfigException {
  return new ConfigException(`Invalid value ${value} for configuration ${name}: ${reason}`)
}
