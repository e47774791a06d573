import type { Order } from '../src/order.js'
import type { Gateway } from '../src/payment-service.js'

/** Stands in for the payment provider: charges an order once, and fails when told to. */
export class FakeGateway implements Gateway {
  /** Amounts by order id. */
  readonly charges = new Map<string, number>()
  /** How often it was called. */
  calls = 0
  #failures = 0

  failNext(times: number): void {
    this.#failures = times
  }

  async charge({ id, amount }: Order): Promise<string> {
    this.calls++
    if (this.#failures > 0) {
      this.#failures--
      throw new Error('the gateway is busy')
    }
    if (!this.charges.has(id)) this.charges.set(id, amount)
    return `receipt-${id}`
  }
}
