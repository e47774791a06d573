import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** What WordCount, in a process of its own, is given and what it must have made of it. */
final class WordCounts {
    private static final List<String> WORDS = List.of("to", "be", "or", "not", "that", "is", "the", "question");
    private static final int PARTITIONS = 2;
    private static final int LINES = 200;
    private static final int ROUNDS = 3;

    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("words_topics", broker -> {
            broker.topic("input", PARTITIONS);
            broker.topic("output", PARTITIONS);
            return Main.seen();
        });
        for (int i = 0; i < ROUNDS; i++) {
            int round = i;
            scenarios.put("words_in_progress_" + i, broker -> inProgress(broker, round));
        }
        scenarios.put("words_counted", WordCounts::counted);
    }

    /** A line has three words, in turn. */
    private static String word(int at) {
        return WORDS.get(at * 7 % WORDS.size());
    }

    /** Writes lines, and comes back while what was made of them isn't committed. */
    private static Object inProgress(Broker broker, int round) throws Exception {
        try (KafkaProducer<String, String> producer = broker.producer()) {
            for (int line = round * LINES; line < (round + 1) * LINES; line++) {
                String text = String.join(" ", word(3 * line), word(3 * line + 1), word(3 * line + 2));
                producer.send(new ProducerRecord<>(broker.named("input"), Integer.toString(line), text));
            }
        }
        List<TopicPartition> output = Broker.partitions(broker.named("output"), PARTITIONS);
        try (var committed = broker.consumer(Map.of("isolation.level", "read_committed"));
                var all = broker.consumer(Map.of("isolation.level", "read_uncommitted"))) {
            Broker.await("an open transaction", () -> {
                Map<TopicPartition, Long> stable = committed.endOffsets(output);
                return !stable.equals(all.endOffsets(output));
            });
        }
        return Main.seen();
    }

    private static List<ConsumerRecord<String, String>> output(Broker broker) throws Exception {
        return broker.read("read_committed", Broker.partitions(broker.named("output"), PARTITIONS));
    }

    /** Each word's counts have come out once each, from 1 to how often the word was written. */
    private static Object counted(Broker broker) throws Exception {
        int words = 3 * LINES * ROUNDS;
        Broker.await(words + " words", () -> output(broker).size() >= words);
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
