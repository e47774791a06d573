import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/** A member of a group on a thread of its own, which polls until it is told to stop and commits what it has read. */
final class Member implements AutoCloseable, ConsumerRebalanceListener {
    /** What it holds now. */
    final Set<TopicPartition> assigned = ConcurrentHashMap.newKeySet();
    /** How often it was given partitions or deprived of them, the rounds without a change left out. */
    volatile int changes;
    /** Values, in the order in which they came. */
    final Queue<String> read = new ConcurrentLinkedQueue<>();
    /** What a poll or a commit failed with, or null. */
    volatile Exception failure;

    private final KafkaConsumer<String, String> consumer;
    private final Thread thread;
    private final Queue<Runnable> calls = new ConcurrentLinkedQueue<>();
    private boolean uncommitted;
    private volatile boolean polling = true;
    private volatile boolean running = true;

    Member(Broker broker, String group, Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>(Map.of("group.id", group, "metadata.max.age.ms", 500));
        if (!"consumer".equals(more.get("group.protocol"))) {
            config.putAll(Map.of("heartbeat.interval.ms", 200, "session.timeout.ms", 10_000));
        }
        config.putAll(more);
        consumer = broker.consumer(config);
        thread = new Thread(this::run, group);
        thread.setDaemon(true);
    }

    private void run() {
        try {
            while (running) {
                for (Runnable call; (call = calls.poll()) != null; ) call.run();
                if (!polling) {
                    Thread.sleep(20);
                    continue;
                }
                var records = consumer.poll(Broker.POLL);
                records.forEach(record -> read.add(record.value()));
                uncommitted |= !records.isEmpty();
                if (uncommitted) commit();
            }
        } catch (Exception error) {
            failure = error;
        } finally {
            Broker.thrown(() -> consumer.close(CloseOptions.timeout(Duration.ofSeconds(30))));
            assigned.clear();
        }
    }

    private void commit() {
        try {
            consumer.commitSync();
            uncommitted = false;
        } catch (RebalanceInProgressException error) {
            // A member that keeps its partitions while others change theirs commits after the next poll.
        } catch (CommitFailedException error) {
            // The partitions have gone to others, who will read this again.
            uncommitted = false;
        }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        assigned.addAll(partitions);
        if (!partitions.isEmpty()) changes++;
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        assigned.removeAll(partitions);
        if (!partitions.isEmpty()) changes++;
    }

    Member subscribe(String... topics) {
        consumer.subscribe(List.of(topics), this);
        thread.start();
        return this;
    }

    Member subscribe(SubscriptionPattern pattern) {
        consumer.subscribe(pattern, this);
        thread.start();
        return this;
    }

    /** Calls the consumer on the thread that it belongs to. */
    <T> T call(Function<KafkaConsumer<String, String>, T> call) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        calls.add(() -> {
            try {
                result.complete(call.apply(consumer));
            } catch (Exception error) {
                result.completeExceptionally(error);
            }
        });
        return result.get(Broker.DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    void polls(boolean polls) {
        polling = polls;
    }

    void awaitAssigned(int partitions) throws Exception {
        Broker.await(partitions + " partitions", () -> assigned.size() == partitions);
    }

    /** Waits until all partitions have one owner each and the members hold so many, in any order. */
    static void awaitShared(Collection<Member> members, int... sizes) throws Exception {
        List<Integer> wanted = Arrays.stream(sizes).sorted().boxed().toList();
        try {
            Broker.await("shares of " + wanted, () -> {
                List<TopicPartition> held = members.stream().flatMap(it -> it.assigned.stream()).toList();
                List<Integer> shares = members.stream().map(it -> it.assigned.size()).sorted().toList();
                return shares.equals(wanted) && Set.copyOf(held).size() == held.size();
            });
        } catch (AssertionError error) {
            List<?> state = members.stream().map(it -> List.of(it.assigned, String.valueOf(it.failure))).toList();
            throw new AssertionError(error.getMessage() + ": " + state);
        }
    }

    /** What members have read between them, once it is so many different values. */
    static int awaitRead(Collection<Member> members, int count) throws Exception {
        Broker.await(count + " values", () -> distinct(members) >= count);
        return distinct(members);
    }

    private static int distinct(Collection<Member> members) {
        return (int) members.stream().flatMap(it -> it.read.stream()).distinct().count();
    }

    /** Waits for the end that a failure brings. */
    Exception awaitFailure() throws Exception {
        Broker.await("a failure", () -> failure != null);
        return failure;
    }

    @Override
    public void close() throws Exception {
        running = false;
        thread.join(Broker.DEADLINE.toMillis());
    }
}
