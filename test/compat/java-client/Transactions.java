import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;

/** Transactions as applications use them. */
final class Transactions {
    private static final int PARTITIONS = 3;
    private static final int RECORDS = 300;

    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("copy_in_a_classic_group", broker -> copyInterrupted(broker, "classic"));
        scenarios.put("copy_in_a_consumer_group", broker -> copyInterrupted(broker, "consumer"));
        scenarios.put("copy", Transactions::copyFromStartToEnd);
        scenarios.put("copy_the_rest", Transactions::copyTheRest);
        scenarios.put("copy_input", Transactions::copyInput);
        scenarios.put("fenced_producer", Transactions::fencedProducer);
        scenarios.put("transaction_timeout", Transactions::timeout);
        scenarios.put("aborted_by_an_error", Transactions::abortedByAnError);
        scenarios.put("offsets_of_a_stale_member", Transactions::offsetsOfAStaleMember);
        scenarios.put("isolation", Transactions::isolation);
    }

    /** Consume, transform, produce: one process of it. */
    private static final class Copy implements AutoCloseable {
        final KafkaConsumer<String, String> consumer;
        final KafkaProducer<String, String> producer;
        final String output;
        int transactions;
        int aborted;
        /** Whether the last transaction was aborted. */
        boolean rolledBack;

        Copy(Broker broker, String protocol) {
            consumer = broker.consumer(Map.of(
                    "group.id", broker.named("group"),
                    "group.protocol", protocol,
                    "isolation.level", "read_committed",
                    "max.poll.records", 20));
            consumer.subscribe(List.of(broker.named("input")));
            producer = broker.transactional("copy");
            output = broker.named("output");
        }

        /** Copies a few records in one transaction, and aborts every third of them. */
        void step() {
            ConsumerRecords<String, String> records = consumer.poll(Broker.POLL);
            if (records.isEmpty()) return;
            transactions++;
            producer.beginTransaction();
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (ConsumerRecord<String, String> each : records) {
                producer.send(new ProducerRecord<>(output, each.key(), each.value()));
                offsets.put(
                        new TopicPartition(each.topic(), each.partition()), new OffsetAndMetadata(each.offset() + 1));
            }
            producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
            rolledBack = transactions % 3 == 0;
            if (!rolledBack) {
                producer.commitTransaction();
                return;
            }
            // An abort of what hasn't been sent leaves nothing behind.
            producer.flush();
            producer.abortTransaction();
            aborted++;
            consumer.committed(consumer.assignment()).forEach((partition, committed) -> {
                if (committed == null) consumer.seekToBeginning(List.of(partition));
                else consumer.seek(partition, committed);
            });
        }

        /** Whether all that is in the input is copied. */
        boolean done() {
            Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
            return !rolledBack
                    && ends.size() == PARTITIONS
                    && ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
        }

        @Override
        public void close() {
            producer.close();
            consumer.close();
        }
    }

    /** Writes what is copied: committed records with aborted ones in between. */
    private static Object copyInput(Broker broker) throws Exception {
        String input = broker.topic("input", PARTITIONS);
        broker.topic("output", PARTITIONS);
        try (KafkaProducer<String, String> producer = broker.transactional("source")) {
            for (int from = 0; from < RECORDS; from += 50) {
                producer.beginTransaction();
                Broker.send(producer, input, from + RECORDS, from + RECORDS + 10);
                producer.abortTransaction();
                producer.beginTransaction();
                Broker.send(producer, input, from, from + 50);
                producer.commitTransaction();
            }
        }
        return Main.seen();
    }

    private static Map<String, Object> copied(Broker broker) throws Exception {
        List<String> copied = broker.committed(broker.named("output"), PARTITIONS);
        Map<TopicPartition, Long> next = new HashMap<>();
        for (var each : broker.read("read_committed", Broker.partitions(broker.named("input"), PARTITIONS))) {
            next.put(new TopicPartition(each.topic(), each.partition()), each.offset() + 1);
        }
        return Main.seen(
                "copied", copied.size(),
                "distinct", Set.copyOf(copied).size(),
                "offsets", next.equals(broker.offsetsOf(broker.named("group"))));
    }

    /** The first copies a part and goes in the middle of a transaction, another one takes its place. */
    private static Object copyInterrupted(Broker broker, String protocol) throws Exception {
        copyInput(broker);
        Copy first = new Copy(broker, protocol);
        Broker.await("a few transactions", () -> {
            first.step();
            return first.transactions >= 5;
        });
        first.producer.beginTransaction();
        Broker.send(first.producer, first.output, 10_000, 10_005);
        first.consumer.close();
        String fenced;
        int aborted = first.aborted;
        try (Copy second = new Copy(broker, protocol)) {
            fenced = Broker.thrown(() -> first.producer.commitTransaction());
            Broker.await("the rest", () -> {
                second.step();
                return second.done();
            });
            aborted += second.aborted;
        }
        Broker.thrown(() -> first.producer.close());
        Map<String, Object> copied = copied(broker);
        copied.put("fenced", fenced);
        copied.put("aborted", aborted > 2);
        copied.put("more_written", broker.values("read_uncommitted", broker.named("output"), PARTITIONS).size() > RECORDS);
        return copied;
    }

    /** Copies until there is nothing to copy, leaving a transaction open between two steps: to be killed. */
    private static Object copyFromStartToEnd(Broker broker) throws Exception {
        try (Copy copy = new Copy(broker, "consumer")) {
            Broker.await("the end of its process", () -> {
                copy.step();
                if (copy.transactions < 4) return false;
                copy.producer.beginTransaction();
                Broker.send(copy.producer, copy.output, 20_000, 20_010);
                synchronized (System.out) {
                    System.out.println("copying in the middle of a transaction");
                }
                Thread.sleep(Broker.DEADLINE.toMillis());
                return true;
            });
        }
        return null;
    }

    private static Object copyTheRest(Broker broker) throws Exception {
        try (Copy copy = new Copy(broker, "consumer")) {
            Broker.await("the rest", () -> {
                copy.step();
                return copy.done();
            });
        }
        return copied(broker);
    }

    /** Another producer with the same transactional id: the first is out, whatever it tries. */
    private static Object fencedProducer(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        KafkaProducer<String, String> committing = broker.transactional("id");
        committing.beginTransaction();
        Broker.send(committing, topic, 0, 1);
        KafkaProducer<String, String> sending = broker.transactional("id");
        String commit = Broker.thrown(() -> committing.commitTransaction());
        String again = Broker.thrown(() -> committing.beginTransaction());
        sending.beginTransaction();
        Broker.send(sending, topic, 1, 2);
        KafkaProducer<String, String> last = broker.transactional("id");
        String send = Broker.thrown(() -> Broker.send(sending, topic, 2, 3));
        String abort = Broker.thrown(() -> sending.abortTransaction());
        last.beginTransaction();
        Broker.send(last, topic, 3, 4);
        last.commitTransaction();
        for (KafkaProducer<String, String> each : List.of(committing, sending, last)) each.close();
        return Main.seen(
                "commit", commit, "again", again, "send", send, "abort", abort, "read", broker.committed(topic, 1));
    }

    /** The broker aborts what takes too long; its producer is told, and can go on or not as Kafka has it. */
    private static Object timeout(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        KafkaProducer<String, String> producer = broker.transactional("id", "transaction.timeout.ms", 1000);
        try (Admin admin = broker.admin()) {
            String id = broker.named("id");
            producer.beginTransaction();
            Broker.send(producer, topic, 0, 5);
            Broker.await("the abort", () -> Broker.get(admin.describeTransactions(List.of(id)).description(id)).state()
                    == TransactionState.COMPLETE_ABORT);
            String commit = Broker.thrown(() -> producer.commitTransaction());
            String abort = Broker.thrown(() -> producer.abortTransaction());
            producer.close();
            try (KafkaProducer<String, String> next = broker.transactional("id")) {
                next.beginTransaction();
                Broker.send(next, topic, 5, 6);
                next.commitTransaction();
            }
            String tooLong = Broker.thrown(
                    () -> broker.transactional("too-long", "transaction.timeout.ms", Integer.MAX_VALUE).close());
            return Main.seen(
                    "commit", commit, "abort", abort, "read", broker.committed(topic, 1), "too_long", tooLong);
        }
    }

    /** A record that the broker refuses: the transaction can't be committed, the next one can. */
    private static Object abortedByAnError(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1, Map.of("max.message.bytes", "1000"));
        try (KafkaProducer<String, String> producer = broker.transactional("id")) {
            producer.beginTransaction();
            Broker.send(producer, topic, 0, 1);
            var large = new ProducerRecord<String, String>(topic, "x".repeat(2000));
            String send = Broker.thrown(() -> producer.send(large).get());
            // The future ends before the transaction has failed, so the commit may itself be what fails
            // or be refused because of it: the reason is the same.
            String commit = Broker.thrown(() -> {
                try {
                    producer.commitTransaction();
                } catch (RecordTooLargeException error) {
                    throw error;
                } catch (KafkaException error) {
                    throw new ExecutionException(error.getCause());
                }
            });
            String abort = Broker.thrown(() -> producer.abortTransaction());
            producer.beginTransaction();
            Broker.send(producer, topic, 1, 2);
            producer.commitTransaction();
            producer.beginTransaction();
            String empty = Broker.thrown(() -> producer.commitTransaction());
            return Main.seen(
                    "send", send, "commit", commit, "abort", abort, "empty", empty, "read", broker.committed(topic, 1));
        }
    }

    /** Offsets are only taken from members of the group's present generation. */
    private static Object offsetsOfAStaleMember(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(3, "note"));
        Map<String, Object> seen = Main.seen();
        for (String protocol : List.of("classic", "consumer")) {
            String group = broker.named(protocol);
            ConsumerGroupMetadata stale;
            try (Member member = new Member(broker, group, Map.of("group.protocol", protocol))) {
                member.subscribe(topic).awaitAssigned(1);
                stale = member.call(consumer -> consumer.groupMetadata());
                try (KafkaProducer<String, String> producer = broker.transactional(protocol + "-live")) {
                    producer.beginTransaction();
                    producer.sendOffsetsToTransaction(offsets, stale);
                    producer.commitTransaction();
                }
                seen.put(protocol + "_live", broker.committedBy(group));
            }
            try (KafkaProducer<String, String> producer = broker.transactional(protocol + "-stale")) {
                producer.beginTransaction();
                seen.put(protocol + "_stale", Broker.thrown(() -> {
                    producer.sendOffsetsToTransaction(offsets, stale);
                    producer.commitTransaction();
                }));
                seen.put(protocol + "_abort", Broker.thrown(() -> producer.abortTransaction()));
            }
        }
        return seen;
    }

    /** What each isolation level shows while a transaction is open, and when it is over. */
    private static Object isolation(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        List<Object> committed = new ArrayList<>();
        try (KafkaProducer<String, String> one = broker.transactional("one");
                KafkaProducer<String, String> other = broker.transactional("other")) {
            one.beginTransaction();
            Broker.send(one, topic, 1, 2);
            other.beginTransaction();
            Broker.send(other, topic, 2, 3);
            broker.write(topic, 3, 4);
            other.commitTransaction();
            // The first one is still open, so that nothing after its begin is shown.
            committed.add(broker.committed(topic, 1));
            one.abortTransaction();
            committed.add(broker.committed(topic, 1));
        }
        return Main.seen("committed", committed, "all", broker.values("read_uncommitted", topic, 1));
    }
}
