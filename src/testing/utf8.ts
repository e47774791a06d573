/**
 * What a file or a body says, without the mark that some editors put before it. A decoder that knows
 * no better would turn what is no UTF-8 into other text.
 *
 * @throws TypeError for what is no UTF-8
 */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new TypeError('it is no UTF-8', { cause: error })
  }
}
