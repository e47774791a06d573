import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * A user of kafka-clients 0.9, which asks no broker what versions it speaks.
 *
 * <pre>
 * LegacyClient BOOTSTRAP produce TOPIC CODEC COUNT    prints the offset of the last record
 * LegacyClient BOOTSTRAP consume TOPIC GROUP COUNT    prints offset, key and value of each, then what it committed
 * </pre>
 */
public final class LegacyClient {
    private static final String SERIALIZATION = "org.apache.kafka.common.serialization.";

    public static void main(String[] args) throws Exception {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", args[0]);
        int count = Integer.parseInt(args[4]);
        if (args[1].equals("produce")) produce(config, args[2], args[3], count);
        else consume(config, args[2], args[3], count);
    }

    private static void produce(Map<String, Object> config, String topic, String codec, int count) throws Exception {
        config.put("key.serializer", SERIALIZATION + "StringSerializer");
        config.put("value.serializer", SERIALIZATION + "StringSerializer");
        config.put("compression.type", codec);
        config.put("linger.ms", 20);
        config.put("acks", "all");
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(config)) {
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, codec + "-key-" + i, codec + "-value-" + i)));
            }
            for (Future<RecordMetadata> each : sent) each.get();
        }
        System.out.println(sent.get(count - 1).get().offset());
    }

    private static void consume(Map<String, Object> config, String topic, String group, int count) {
        config.put("key.deserializer", SERIALIZATION + "StringDeserializer");
        config.put("value.deserializer", SERIALIZATION + "StringDeserializer");
        config.put("group.id", group);
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        StringBuilder out = new StringBuilder();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(config)) {
            consumer.subscribe(Arrays.asList(topic));
            for (int read = 0; read < count; ) {
                for (ConsumerRecord<String, String> each : consumer.poll(1000)) {
                    out.append(each.offset()).append(' ').append(each.key()).append(' ').append(each.value()).append('\n');
                    read++;
                }
            }
            consumer.commitSync();
            out.append(consumer.committed(new TopicPartition(topic, 0)).offset()).append('\n');
        }
        System.out.print(out);
    }
}
