const ORDERS = 'orders'
/** Orders whose payment failed, to be tried again. */
const RETRIES = 'orders.retry'
/** Orders that can't be paid, for people to look at. */
const DEAD_LETTERS = 'orders.dead-letter'
const PAYMENTS = 'payments'

module.exports = { DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES }
