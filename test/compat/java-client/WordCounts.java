import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What WordCount, in a process of its own, is given and what it must have made of it. */
final class WordCounts {
    private static final List<String> WORDS = List.of("to", "be", "or", "not", "that", "is", "the", "question");
    private static final int PARTITIONS = 2;
    private static final int LINES = 200;
    private static final int ROUNDS = 2;

    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("words_topics", broker -> {
            broker.topic("input", PARTITIONS);
            broker.topic("output", PARTITIONS);
            return write(broker, 0);
        });
        scenarios.put("words_begun", broker -> awaitCounted(broker, 100));
        scenarios.put("words_more", broker -> write(broker, 1));
        scenarios.put("words_counted", WordCounts::counted);
    }

    /** A line has three words, in turn. */
    private static String word(int at) {
        return WORDS.get(at * 7 % WORDS.size());
    }

    private static Object write(Broker broker, int round) throws Exception {
        try (KafkaProducer<String, String> producer = broker.producer()) {
            for (int line = round * LINES; line < (round + 1) * LINES; line++) {
                String text = String.join(" ", word(3 * line), word(3 * line + 1), word(3 * line + 2));
                producer.send(new ProducerRecord<>(broker.named("input"), Integer.toString(line), text));
            }
        }
        return Main.seen();
    }

    private static List<ConsumerRecord<String, String>> output(Broker broker) throws Exception {
        return broker.read("read_committed", Broker.partitions(broker.named("output"), PARTITIONS));
    }

    private static Object awaitCounted(Broker broker, int words) throws Exception {
        Broker.await(words + " words", () -> output(broker).size() >= words);
        return Main.seen();
    }

    /** Each word's counts have come out once each, from 1 to how often the word was written. */
    private static Object counted(Broker broker) throws Exception {
        int words = 3 * LINES * ROUNDS;
        awaitCounted(broker, words);
        Map<String, Long> last = new TreeMap<>();
        int outOfTurn = 0;
        List<ConsumerRecord<String, String>> output = output(broker);
        for (ConsumerRecord<String, String> each : output) {
            long count = Long.parseLong(each.value());
            if (count != last.getOrDefault(each.key(), 0L) + 1) outOfTurn++;
            last.put(each.key(), count);
        }
        Map<String, Long> wanted = new HashMap<>();
        for (int i = 0; i < words; i++) wanted.merge(word(i), 1L, Long::sum);
        return Main.seen("out_of_turn", outOfTurn, "counts", last, "same", last.equals(wanted), "written", output.size());
    }
}
