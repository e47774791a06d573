import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The broker that a scenario talks to, under a name of the scenario's own. */
final class Broker {
    /** How long anything may take, with room for a busy machine. */
    static final Duration DEADLINE = Duration.ofSeconds(90);

    static final Duration POLL = Duration.ofMillis(50);

    final String bootstrap;
    /** Nobody else's: begins the names of whatever the scenario makes. */
    final String name;

    Broker(String bootstrap, String name) {
        this.bootstrap = bootstrap;
        this.name = name;
    }

    /** A name for a topic, a group or a transactional id. */
    String named(String what) {
        return name + "-" + what;
    }

    interface Call {
        void run() throws Exception;
    }

    /** Waits for a condition, and no longer than the deadline. */
    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.call()) {
            if (System.nanoTime() > deadline) throw new AssertionError("waited in vain for " + what);
            Thread.sleep(20);
        }
    }

    static <T> T get(KafkaFuture<T> future) throws Exception {
        return future.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    /** The class of what a call throws, without its package; null if it throws nothing. */
    static String thrown(Call call) {
        try {
            call.run();
            return null;
        } catch (ExecutionException error) {
            return error.getCause().getClass().getSimpleName();
        } catch (Exception error) {
            return error.getClass().getSimpleName();
        }
    }

    Map<String, Object> config(Object... pairs) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < pairs.length; i += 2) config.put((String) pairs[i], pairs[i + 1]);
        return config;
    }

    Admin admin() {
        return Admin.create(config());
    }

    /** Makes a topic and gives its name. */
    String topic(String what, int partitions) throws Exception {
        return topic(what, partitions, Map.of());
    }

    String topic(String what, int partitions, Map<String, String> configs) throws Exception {
        String topic = named(what);
        try (Admin admin = admin()) {
            NewTopic made = new NewTopic(topic, partitions, (short) 1).configs(configs);
            get(admin.createTopics(List.of(made)).all());
            await(topic, () -> thrown(() -> get(admin.describeTopics(List.of(topic)).allTopicNames())) == null);
        }
        return topic;
    }

    KafkaProducer<String, String> producer(Object... pairs) {
        return new KafkaProducer<>(config(pairs), new StringSerializer(), new StringSerializer());
    }

    /** A producer that has initialized its transactions. */
    KafkaProducer<String, String> transactional(String what, Object... pairs) {
        Map<String, Object> config = config(pairs);
        config.put("transactional.id", named(what));
        var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        return producer;
    }

    KafkaConsumer<String, String> consumer(Map<String, Object> more) {
        Map<String, Object> config = config("auto.offset.reset", "earliest", "enable.auto.commit", false);
        config.putAll(more);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    /** Writes the numbers from one to the other, each with itself as its key too. */
    void write(String topic, int from, int to) throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            send(producer, topic, from, to);
        }
    }

    static void send(KafkaProducer<String, String> producer, String topic, int from, int to) throws Exception {
        List<Future<?>> sent = new ArrayList<>();
        for (int i = from; i < to; i++) {
            sent.add(producer.send(new ProducerRecord<>(topic, Integer.toString(i), Integer.toString(i))));
        }
        for (Future<?> each : sent) each.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    static List<TopicPartition> partitions(String topic, int count) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int i = 0; i < count; i++) partitions.add(new TopicPartition(topic, i));
        return partitions;
    }

    /** All that is in partitions, up to what is their end for this isolation level. */
    List<ConsumerRecord<String, String>> read(String isolation, Collection<TopicPartition> partitions)
            throws Exception {
        List<ConsumerRecord<String, String>> read = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("isolation.level", isolation))) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            await("the end of " + partitions, () -> {
                consumer.poll(POLL).forEach(read::add);
                return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
            });
        }
        return read;
    }

    /** The values of what is committed, sorted. */
    List<String> committed(String topic, int partitions) throws Exception {
        return values("read_committed", topic, partitions);
    }

    List<String> values(String isolation, String topic, int partitions) throws Exception {
        return read(isolation, partitions(topic, partitions)).stream().map(ConsumerRecord::value).sorted().toList();
    }

    /** The offsets that a group has committed. */
    Map<TopicPartition, Long> offsetsOf(String group) throws Exception {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        try (Admin admin = admin()) {
            get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                    .forEach((partition, committed) -> offsets.put(partition, committed.offset()));
        }
        return offsets;
    }

    /** Their sum. */
    long committedBy(String group) throws Exception {
        return offsetsOf(group).values().stream().mapToLong(it -> it).sum();
    }
}
