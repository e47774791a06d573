ORDERS = "orders"
# Orders whose payment failed, to be tried again.
RETRIES = "orders.retry"
# Orders that can't be paid, for people to look at.
DEAD_LETTERS = "orders.dead-letter"
PAYMENTS = "payments"
