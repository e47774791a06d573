import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** What one consumer does with its position, in either protocol. */
final class Consumers {
    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("positions_in_a_classic_group", broker -> positions(broker, "classic"));
        scenarios.put("positions_in_a_consumer_group", broker -> positions(broker, "consumer"));
        scenarios.put("auto_commit_in_a_consumer_group", Consumers::autoCommit);
    }

    private static KafkaConsumer<String, String> consumer(Broker broker, String protocol, boolean autoCommit) {
        return broker.consumer(Map.of(
                "group.id", broker.named("group"),
                "group.protocol", protocol,
                "enable.auto.commit", autoCommit,
                "max.poll.records", 5));
    }

    /** Polls until there are so many records. */
    private static List<Long> offsets(KafkaConsumer<String, String> consumer, int count) throws Exception {
        List<Long> offsets = new ArrayList<>();
        Broker.await(count + " records", () -> {
            for (ConsumerRecord<String, String> each : consumer.poll(Broker.POLL)) offsets.add(each.offset());
            return offsets.size() >= count;
        });
        return offsets;
    }

    private static Object positions(Broker broker, String protocol) throws Exception {
        String topic = broker.topic("topic", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        broker.write(topic, 0, 20);
        Map<String, Object> seen = Main.seen();
        try (KafkaConsumer<String, String> consumer = consumer(broker, protocol, false)) {
            consumer.subscribe(List.of(topic));
            seen.put("before", consumer.committed(java.util.Set.of(partition)).get(partition));
            seen.put("first", offsets(consumer, 5));
            consumer.commitSync();
            seen.put("sync", consumer.committed(java.util.Set.of(partition)).get(partition).offset());
            AtomicReference<Object> told = new AtomicReference<>();
            consumer.commitAsync(
                    Map.of(partition, new OffsetAndMetadata(3, "note")),
                    (offsets, error) -> told.set(error == null ? offsets.get(partition).offset() : error));
            Broker.await("the callback", () -> {
                consumer.pause(consumer.assignment());
                consumer.poll(Broker.POLL);
                return told.get() != null;
            });
            seen.put("async", told.get());
            seen.put("paused", consumer.paused().size());
            OffsetAndMetadata committed = consumer.committed(java.util.Set.of(partition)).get(partition);
            seen.put("committed", List.of(committed.offset(), committed.metadata()));
            consumer.resume(consumer.assignment());
            seen.put("resumed", offsets(consumer, 5));
            consumer.seek(partition, 17);
            seen.put("position", consumer.position(partition));
            seen.put("sought", offsets(consumer, 3));
            consumer.seekToBeginning(List.of(partition));
            seen.put("begin", offsets(consumer, 5));
            consumer.unsubscribe();
            seen.put("commit_unsubscribed", Broker.thrown(() -> consumer.commitSync(Map.of(partition, new OffsetAndMetadata(9)))));
        }
        try (KafkaConsumer<String, String> consumer = consumer(broker, protocol, false)) {
            consumer.subscribe(List.of(topic));
            seen.put("next", offsets(consumer, 5).get(0));
        }
        return seen;
    }

    /** What is read is committed when a consumer goes. */
    private static Object autoCommit(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        broker.write(topic, 0, 20);
        List<Long> begins = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            try (KafkaConsumer<String, String> consumer = consumer(broker, "consumer", true)) {
                consumer.subscribe(List.of(topic));
                begins.add(offsets(consumer, 5).get(0));
            }
        }
        return Main.seen("begins", begins, "committed", broker.committedBy(broker.named("group")));
    }
}
