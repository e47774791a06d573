export interface Order {
  readonly id: string
  readonly amount: number
}

/** @throws Error for what isn't an order */
export function parseOrder(text: string): Order {
  const order = JSON.parse(text)
  if (typeof order.id === 'string' && order.amount > 0) return order
  throw new Error('an order has an id and an amount')
}
