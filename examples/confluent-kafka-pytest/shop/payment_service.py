import json
from threading import Event
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from shop import DEAD_LETTERS, ORDERS, PAYMENTS, RETRIES

GROUP_ID = "payment-service"


class Gateway(Protocol):
    def charge(self, order: dict) -> str:
        """Charges an order once, however often it is called for it, and returns the receipt."""


class PaymentService:
    """Has each order paid, and says so in `payments` exactly once.

    What fails is tried again by way of `orders.retry`, and ends up in `orders.dead-letter` when that
    doesn't help.
    """

    def __init__(self, config: dict, gateway: Gateway, transactional_id: str, max_attempts: int = 3):
        """Each running instance has its own transactional id, and keeps it when restarted."""
        self._gateway = gateway
        self._max_attempts = max_attempts
        self._stopping = Event()
        self._producer = Producer({**config, "transactional.id": transactional_id, "linger.ms": 0})
        self._consumer = Consumer(
            {
                **config,
                "group.id": GROUP_ID,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Works until `stop`; raises KafkaException when another instance has taken over."""
        try:
            self._producer.init_transactions()
            self._consumer.subscribe([ORDERS, RETRIES])
            while not self._stopping.is_set():
                message = self._consumer.poll(0.1)
                # Errors of the consumer are told for information: it goes on by itself.
                if message is not None and message.error() is None:
                    self._handle(message)
        finally:
            self._consumer.close()

    def _handle(self, message: Message) -> None:
        result = self._charge(message)
        try:
            self._publish(message, result)
        except KafkaException as failure:
            if not failure.args[0].txn_requires_abort():
                raise
            retried(self._producer.abort_transaction)
            self._go_back_to(message)

    def _charge(self, message: Message) -> dict:
        """What is to be produced to tell what has become of an order."""
        key, value = message.key(), message.value()
        try:
            order = parse_order(value)
        except ValueError as error:
            return {"topic": DEAD_LETTERS, "key": key, "value": value, "headers": {"error": str(error)}}
        try:
            receipt = self._gateway.charge(order)
        except Exception as error:
            attempts = int(dict(message.headers() or []).get("attempts", 0)) + 1
            return {
                "topic": RETRIES if attempts < self._max_attempts else DEAD_LETTERS,
                "key": key,
                "value": value,
                "headers": {"attempts": str(attempts), "error": str(error)},
            }
        payment = {"orderId": order["id"], "amount": order["amount"], "receipt": receipt}
        return {"topic": PAYMENTS, "key": key, "value": json.dumps(payment)}

    def _publish(self, message: Message, result: dict) -> None:
        """Result and progress become visible together, or not at all."""
        progress = TopicPartition(message.topic(), message.partition(), message.offset() + 1)
        self._producer.begin_transaction()
        self._producer.produce(**result)
        retried(
            self._producer.send_offsets_to_transaction,
            [progress],
            self._consumer.consumer_group_metadata(),
        )
        retried(self._producer.commit_transaction)

    def _go_back_to(self, message: Message) -> None:
        try:
            self._consumer.seek(
                TopicPartition(message.topic(), message.partition(), message.offset())
            )
        except KafkaException:
            pass  # The partition is another member's now, who begins with what is committed.


def retried(call, *args) -> None:
    """Calls until it succeeds, or fails for good."""
    while True:
        try:
            return call(*args)
        except KafkaException as failure:
            if not failure.args[0].retriable():
                raise


def parse_order(value: bytes) -> dict:
    order = json.loads(value)
    if not isinstance(order, dict) or "id" not in order or order.get("amount", 0) <= 0:
        raise ValueError("an order has an id and an amount")
    return order
