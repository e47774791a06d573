/** Stands in for the payment provider: charges an order once, and fails when told to. */
class FakeGateway {
  /** Amounts by order id. */
  charges = new Map()
  /** How often it was called. */
  calls = 0
  #failures = 0

  failNext(times) {
    this.#failures = times
  }

  async charge({ id, amount }) {
    this.calls++
    if (this.#failures > 0) {
      this.#failures--
      throw new Error('the gateway is busy')
    }
    if (!this.charges.has(id)) this.charges.set(id, amount)
    return `receipt-${id}`
  }
}

module.exports = { FakeGateway }
