"""A member of a group: python member.py BOOTSTRAP GROUP TOPIC NAME=VALUE..., with configs.

It prints `assigned 0 1 2` when that changes and `read VALUE` for each record, and leaves when its
standard input ends.
"""

import sys
import threading

from confluent_kafka import Consumer, KafkaError, KafkaException

# A commit that comes too late for its generation: whoever has the partition now reads it again.
LATE = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.STALE_MEMBER_EPOCH,
}

bootstrap, group, topic, *configs = sys.argv[1:]
consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        **dict(config.split("=", 1) for config in configs),
    }
)
ended = threading.Event()
held = set()


def await_end():
    sys.stdin.read()
    ended.set()


def tell():
    print("assigned", *sorted(held), flush=True)


def assigned(_, partitions):
    held.update(it.partition for it in partitions)
    tell()


def revoked(_, partitions):
    held.difference_update(it.partition for it in partitions)
    tell()


threading.Thread(target=await_end, daemon=True).start()
consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked, on_lost=revoked)
while not ended.is_set():
    message = consumer.poll(0.05)
    if message is None:
        continue
    if message.error():
        raise KafkaException(message.error())
    print("read", message.value().decode(), flush=True)
    try:
        consumer.commit(message, asynchronous=False)
    except KafkaException as exception:
        if exception.args[0].code() not in LATE:
            raise
consumer.close()
