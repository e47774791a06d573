"""What users of confluent-kafka do: python scenarios.py BOOTSTRAP SCENARIO TOPIC.

Each scenario prints one JSON object with what the client saw; confluent.test.ts says what it must be.
"""

import json
import sys
import time

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

TIMEOUT_S = 30

bootstrap, scenario, topic = sys.argv[1:]
client = {"bootstrap.servers": bootstrap}
group = f"{topic}-group"


def error_of(future):
    """The name of the error that a future ends with, None if it ends well."""
    try:
        future.result(timeout=TIMEOUT_S)
    except KafkaException as exception:
        return exception.args[0].name()
    return None


def create(partitions):
    admin = AdminClient(client)
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(timeout=TIMEOUT_S)
    return admin


def write(values, **more):
    """Writes (key, value) pairs, and gives what the delivery reports said."""
    reports = []

    def delivered(error, message):
        reports.append(error.name() if error else [message.partition(), message.offset()])

    producer = Producer({**client, "enable.idempotence": True, "linger.ms": 5, **more})
    for key, value in values:
        producer.produce(topic, key=key, value=value, on_delivery=delivered)
    left = producer.flush(TIMEOUT_S)
    return {"reports": reports, "left": left}


def consumer(**more):
    return Consumer(
        {
            **client,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            **more,
        }
    )


def poll(reader, count):
    messages = []
    while len(messages) < count:
        message = reader.poll(TIMEOUT_S)
        if message is None:
            raise SystemExit(f"{len(messages)} of {count} messages came")
        if message.error():
            raise KafkaException(message.error())
        messages.append(message)
    return messages


def produce_and_consume():
    create(3)
    wanted = [(f"key-{i % 11}", f"value {i}") for i in range(500)]
    sent = write(wanted)
    reader = consumer()
    assigned = []
    reader.subscribe([topic], on_assign=lambda _, partitions: assigned.extend(partitions))
    messages = poll(reader, len(wanted))
    read = [(m.key().decode(), m.value().decode()) for m in messages]
    reader.close()
    by_key = lambda pairs: {k: [v for key, v in pairs if key == k] for k, _ in wanted}
    return {
        "delivered": len(sent["reports"]),
        "failed": [report for report in sent["reports"] if isinstance(report, str)],
        "left": sent["left"],
        "same": sorted(read) == sorted(wanted),
        "ordered": by_key(read) == by_key(wanted),
        "assigned": sorted(it.partition for it in assigned),
    }


def codecs():
    create(1)
    wanted = []
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
        values = [(codec, f"{codec} {i} " + "x" * i) for i in range(100)]
        write(values, **{"compression.type": codec})
        wanted += values
    reader = consumer()
    reader.assign([TopicPartition(topic, 0, 0)])
    read = [(m.key().decode(), m.value().decode()) for m in poll(reader, len(wanted))]
    reader.close()
    return {"same": read == wanted}


def headers():
    create(1)
    producer = Producer(client)
    producer.produce(
        topic,
        value=None,
        key=b"\x00\xff",
        headers=[("trace", b"x"), ("none", None), ("trace", b"y")],
        timestamp=1_700_000_000_000,
    )
    producer.flush(TIMEOUT_S)
    reader = consumer()
    reader.assign([TopicPartition(topic, 0, 0)])
    (message,) = poll(reader, 1)
    reader.close()
    return {
        "key": message.key().hex(),
        "value": message.value(),
        "headers": [[name, value and value.decode()] for name, value in message.headers()],
        "timestamp": message.timestamp(),
        "leader_epoch": message.leader_epoch(),
    }


def group_of_two(**more):
    admin = create(4)
    first, second = consumer(**more), consumer(**more)
    held = {"first": set(), "second": set()}

    def joins(name, reader):
        def assigned(_, partitions):
            held[name] |= {it.partition for it in partitions}

        def revoked(_, partitions):
            held[name] -= {it.partition for it in partitions}

        reader.subscribe([topic], on_assign=assigned, on_revoke=revoked)

    read = []

    def turn(*readers):
        for reader in readers:
            message = reader.poll(0.1)
            if message and not message.error():
                read.append((message.partition(), message.offset()))
                reader.commit(message, asynchronous=False)

    def turns_until(condition, *readers):
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"waited in vain, holding {held}")
            turn(*readers)

    joins("first", first)
    turns_until(lambda: len(held["first"]) == 4, first)
    joins("second", second)
    turns_until(lambda: len(held["first"]) == len(held["second"]) == 2, first, second)
    shared = sorted(held["first"] | held["second"])
    write([(str(i), str(i)) for i in range(40)])
    turns_until(lambda: len(set(read)) == 40, first, second)
    description = admin.describe_consumer_groups([group])[group].result(timeout=TIMEOUT_S)
    second.close()
    turns_until(lambda: len(held["first"]) == 4, first)
    first.close()
    offsets = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group]
    committed = offsets.result(timeout=TIMEOUT_S).topic_partitions
    return {
        "shared": shared,
        "read": len(set(read)),
        "state": description.state.name,
        "assignor": description.partition_assignor,
        "members": sorted(len(it.assignment.topic_partitions) for it in description.members),
        "committed": sum(it.offset for it in committed),
    }


def cooperative():
    return group_of_two(**{"partition.assignment.strategy": "cooperative-sticky"})


def consumer_protocol():
    return group_of_two(**{"group.protocol": "consumer"})


def transactions():
    admin = create(1)
    output = f"{topic}-output"
    admin.create_topics([NewTopic(output, 1, 1)])[output].result(timeout=TIMEOUT_S)
    write([("k", str(i)) for i in range(60)])

    def transactional():
        producer = Producer({**client, "transactional.id": topic})
        producer.init_transactions(TIMEOUT_S)
        return producer

    def transaction_error_of(call):
        try:
            call()
        except KafkaException as exception:
            error = exception.args[0]
            return [error.name(), error.fatal(), error.txn_requires_abort()]
        return None

    reader = consumer(**{"isolation.level": "read_committed"})
    reader.subscribe([topic])
    producer = transactional()
    copied = rounds = 0
    while copied < 60:
        messages = poll(reader, 10)
        producer.begin_transaction()
        for message in messages:
            producer.produce(output, message.value())
        producer.send_offsets_to_transaction(
            reader.position(reader.assignment()), reader.consumer_group_metadata(), TIMEOUT_S
        )
        rounds += 1
        if rounds % 3 == 2:
            producer.flush(TIMEOUT_S)
            producer.abort_transaction(TIMEOUT_S)
            for partition in reader.committed(reader.assignment(), timeout=TIMEOUT_S):
                reader.seek(partition)
        else:
            producer.commit_transaction(TIMEOUT_S)
            copied += len(messages)
    committed = reader.committed(reader.assignment(), timeout=TIMEOUT_S)[0].offset
    producer.begin_transaction()
    producer.produce(output, "of the old one")
    producer.flush(TIMEOUT_S)
    second = transactional()
    fenced = transaction_error_of(lambda: producer.commit_transaction(TIMEOUT_S))
    second.begin_transaction()
    second.produce(output, "of the new one")
    second.commit_transaction(TIMEOUT_S)
    reader.close()

    def values(isolation):
        reader = consumer(**{"isolation.level": isolation, "enable.partition.eof": True})
        reader.assign([TopicPartition(output, 0, 0)])
        read = []
        while True:
            message = reader.poll(TIMEOUT_S)
            if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                break
            read.append(message.value().decode())
        reader.close()
        return read

    read = values("read_committed")
    return {
        "copied": read[:60] == [str(i) for i in range(60)],
        "rest": read[60:],
        "all": len(values("read_uncommitted")),
        "committed": committed,
        "fenced": fenced,
    }


def static_member():
    admin = create(2)
    write([(str(i), str(i)) for i in range(6)])

    def member():
        reader = consumer(**{"group.instance.id": "instance"})
        reader.subscribe([topic])
        return reader

    def described():
        members = admin.describe_consumer_groups([group])[group].result(timeout=TIMEOUT_S).members
        return [[it.group_instance_id, len(it.assignment.topic_partitions)] for it in members]

    first = member()
    for message in poll(first, 6):
        first.commit(message, asynchronous=False)
    first.close()
    after_close = described()
    second = member()
    write([("a", "seventh")])
    (seventh,) = poll(second, 1)
    third = member()
    write([("a", "eighth")])
    poll(third, 2)
    try:
        second.commit(seventh, asynchronous=False)
        fenced = None
    except KafkaException as exception:
        fenced = exception.args[0].name()
    third.close()
    second.close()
    return {
        "after_close": after_close,
        "seventh": seventh.value().decode(),
        "fenced": fenced,
        "members": described(),
    }


def offsets():
    create(1)
    write([("k", str(i)) for i in range(10)])
    reader = consumer()
    partition = TopicPartition(topic, 0)
    before = reader.committed([partition], timeout=TIMEOUT_S)[0].offset
    reader.commit(offsets=[TopicPartition(topic, 0, 4, metadata="note")], asynchronous=False)
    after = reader.committed([partition], timeout=TIMEOUT_S)[0]
    watermarks = reader.get_watermark_offsets(partition, timeout=TIMEOUT_S)
    at_time = reader.offsets_for_times([TopicPartition(topic, 0, 1)], timeout=TIMEOUT_S)[0].offset
    reader.assign([TopicPartition(topic, 0, after.offset)])
    (first,) = poll(reader, 1)
    reader.seek(TopicPartition(topic, 0, 8))
    while (sought := poll(reader, 1)[0]).offset() < 8:
        pass
    reader.pause([partition])
    paused = reader.poll(0.3)
    reader.resume([partition])
    (resumed,) = poll(reader, 1)
    reader.close()
    return {
        "before": before,
        "after": [after.offset, after.metadata],
        "watermarks": watermarks,
        "at_time": at_time,
        "first": first.offset(),
        "sought": sought.offset(),
        "paused": paused and paused.offset(),
        "resumed": resumed.offset(),
    }


def admin():
    admin = create(2)
    again = error_of(admin.create_topics([NewTopic(topic, 2, 1)])[topic])
    illegal = error_of(admin.create_topics([NewTopic("a b", 1, 1)])["a b"])
    replicated = error_of(admin.create_topics([NewTopic(f"{topic}-3", 1, 3)])[f"{topic}-3"])
    grown = error_of(admin.create_partitions([NewPartitions(topic, 3)])[topic])
    shrunk = error_of(admin.create_partitions([NewPartitions(topic, 1)])[topic])
    resource = ConfigResource(ResourceType.TOPIC, topic)

    def set_config(name, value):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        changed = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
        return error_of(admin.incremental_alter_configs([changed])[changed])

    altered = set_config("retention.ms", "12345")
    refused = set_config("retention.ms", "soon")
    configs = admin.describe_configs([resource])[resource].result(timeout=TIMEOUT_S)
    write([("k", str(i)) for i in range(5)])
    partitions = [TopicPartition(topic, index) for index in range(3)]
    latest = admin.list_offsets({it: OffsetSpec.latest() for it in partitions})
    ends = [latest[it].result(timeout=TIMEOUT_S).offset for it in partitions]
    at = next(index for index, end in enumerate(ends) if end > 0)
    deleted = admin.delete_records([TopicPartition(topic, at, 2)])
    low = [future.result(timeout=TIMEOUT_S).low_watermark for future in deleted.values()]
    metadata = admin.list_topics(topic, timeout=TIMEOUT_S)
    cluster = admin.describe_cluster().result(timeout=TIMEOUT_S)
    no_group = error_of(admin.delete_consumer_groups([group])[group])
    gone = error_of(admin.delete_topics([topic])[topic])
    gone_again = error_of(admin.delete_topics([topic])[topic])
    return {
        "again": again,
        "illegal": illegal,
        "replicated": replicated,
        "grown": grown,
        "shrunk": shrunk,
        "altered": altered,
        "refused": refused,
        "retention": [configs["retention.ms"].value, configs["retention.ms"].source],
        "written": sum(ends),
        "low": low,
        "partitions": sorted(metadata.topics[topic].partitions),
        "brokers": [it.id for it in cluster.nodes],
        "controller": cluster.controller.id,
        "no_group": no_group,
        "gone": gone,
        "gone_again": gone_again,
    }


def errors():
    create(1)
    large = write([("k", "x" * 1_200_000)], **{"message.max.bytes": 2_000_000})
    reader = consumer(**{"auto.offset.reset": "error"})
    reader.assign([TopicPartition(topic, 0, 99)])
    message = reader.poll(TIMEOUT_S)
    out_of_range = message.error().name()
    reader.close()
    unknown = consumer(**{"allow.auto.create.topics": False})
    unknown.subscribe([f"{topic}-no"])
    message = unknown.poll(TIMEOUT_S)
    unknown_topic = message.error().name()
    unknown.close()
    return {
        "large": large["reports"],
        "out_of_range": out_of_range,
        "unknown_topic": unknown_topic,
        "same_error": message.error().code() == KafkaError.UNKNOWN_TOPIC_OR_PART,
    }


SCENARIOS = [
    produce_and_consume,
    codecs,
    headers,
    group_of_two,
    cooperative,
    consumer_protocol,
    transactions,
    static_member,
    offsets,
    admin,
    errors,
]
print(json.dumps({it.__name__: it for it in SCENARIOS}[scenario]()))
