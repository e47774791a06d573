import json

from confluent_kafka import KafkaException, Producer

from shop import ORDERS


class OrderDesk:
    """Takes orders: each is written to Kafka once, however often its request has to be repeated."""

    def __init__(self, config: dict):
        self._producer = Producer({**config, "enable.idempotence": True, "linger.ms": 0})

    def place(self, order: dict, timeout: float = 30) -> None:
        """Returns when the order is safely in Kafka; raises KafkaException when it can't be."""
        failures = []
        self._producer.produce(
            ORDERS,
            key=order["id"],
            value=json.dumps(order),
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )
        if self._producer.flush(timeout) > 0:
            raise TimeoutError(f"order {order['id']} was not written in {timeout} s")
        if failures:
            raise KafkaException(failures[0])
