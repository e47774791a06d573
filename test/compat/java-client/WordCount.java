import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Counts words exactly once: {@code WordCount BOOTSTRAP NAME STATE_DIRECTORY}, from the topic NAME-input to the topic
 * NAME-output, until it is killed or its standard input ends.
 */
public final class WordCount {
    public static void main(String[] args) throws Exception {
        String name = args[1];
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(name + "-input", Consumed.with(Serdes.String(), Serdes.String()))
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.with(Serdes.String(), Serdes.String()))
                .count(Materialized.as("counts"))
                .toStream()
                .mapValues(count -> Long.toString(count))
                .to(name + "-output", Produced.with(Serdes.String(), Serdes.String()));
        Properties properties = new Properties();
        properties.putAll(Map.of(
                StreamsConfig.APPLICATION_ID_CONFIG, name,
                StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0],
                StreamsConfig.STATE_DIR_CONFIG, args[2],
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2,
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000,
                StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2,
                StreamsConfig.REPLICATION_FACTOR_CONFIG, 1,
                // Every count comes out, not only the last of an interval: a repeated one would be seen.
                StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0,
                StreamsConfig.consumerPrefix("session.timeout.ms"), 6000,
                StreamsConfig.consumerPrefix("heartbeat.interval.ms"), 500));
        KafkaStreams streams = new KafkaStreams(builder.build(), properties);
        streams.start();
        while (System.in.read() >= 0) {}
        streams.close(Duration.ofSeconds(30));
        System.exit(0);
    }
}
