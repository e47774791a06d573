export const ORDERS = 'orders'
/** Orders whose payment failed, to be tried again. */
export const RETRIES = 'orders.retry'
/** Orders that can't be paid, for people to look at. */
export const DEAD_LETTERS = 'orders.dead-letter'
export const PAYMENTS = 'payments'
