import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Users whose broker fails them: a fault strikes whoever has the name of the scenario as its client id. They say what
 * they got done until an exception ended it, and which; test/compat/faults/java.test.ts makes the faults.
 */
final class Faults {
    /** What is not answered for so long is asked again. */
    private static final int REQUEST_TIMEOUT_MS = 1500;

    private static final int HEARTBEAT_INTERVAL_MS = 50;
    /** A second attempt to join comes this and 5 s later. */
    private static final int MAX_POLL_INTERVAL_MS = 3000;

    /** The record after which a consumer is done. */
    private static final String LAST = "last";

    private Faults() {
    }

    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("transact_despite_faults", Faults::transact);
        scenarios.put("consume_despite_faults", Faults::consume);
    }

    private static Object[] config(Broker broker, Object... more) {
        List<Object> config = new ArrayList<>(List.of(
                "client.id", broker.name,
                "request.timeout.ms", REQUEST_TIMEOUT_MS,
                "retry.backoff.ms", 20,
                "reconnect.backoff.ms", 20));
        config.addAll(List.of(more));
        return config.toArray();
    }

    /** The steps that were done, and the exception's class that the next one ended with. */
    private static final class Steps {
        private final List<String> done = new ArrayList<>();
        private String failure;

        void take(String name, Broker.Call step) {
            if (failure != null) return;
            try {
                step.run();
                done.add(name);
            } catch (ExecutionException error) {
                failure = error.getCause().getClass().getSimpleName();
            } catch (Exception error) {
                failure = error.getClass().getSimpleName();
            }
        }

        Object seen() {
            return Main.seen("done", done, "failure", failure);
        }
    }

    /** Writes a record to the topic of the scenario's name in a transaction. */
    private static Object transact(Broker broker) {
        Object[] config = config(broker,
                "transactional.id", broker.name,
                "max.block.ms", 30_000,
                "delivery.timeout.ms", 30_000,
                "linger.ms", 0);
        Steps steps = new Steps();
        KafkaProducer<String, String> producer = broker.producer(config);
        try {
            steps.take("init", producer::initTransactions);
            steps.take("begin", producer::beginTransaction);
            steps.take("send", () -> producer.send(new ProducerRecord<>(broker.name, "written"))
                    .get(Broker.DEADLINE.toSeconds(), TimeUnit.SECONDS));
            steps.take("commit", producer::commitTransaction);
        } finally {
            producer.close(steps.failure == null ? Broker.DEADLINE : Duration.ZERO);
        }
        return steps.seen();
    }

    /** Reads the topic of the scenario's name, and commits each record. */
    private static Object consume(Broker broker) {
        Map<String, Object> config = broker.config(config(broker,
                "group.id", broker.name,
                "heartbeat.interval.ms", HEARTBEAT_INTERVAL_MS,
                "max.poll.interval.ms", MAX_POLL_INTERVAL_MS,
                "max.poll.records", 1));
        Steps steps = new Steps();
        KafkaConsumer<String, String> consumer = broker.consumer(config);
        try {
            consumer.subscribe(List.of(broker.name));
            while (steps.failure == null && !steps.done.contains("commit " + LAST)) {
                List<String> values = new ArrayList<>();
                steps.take("poll", () -> {
                    for (ConsumerRecord<String, String> each : consumer.poll(Broker.POLL)) values.add(each.value());
                });
                steps.done.remove("poll");
                for (String value : values) {
                    steps.done.add("read " + value);
                    steps.take("commit " + value, consumer::commitSync);
                }
            }
        } finally {
            consumer.close();
        }
        return steps.seen();
    }
}
