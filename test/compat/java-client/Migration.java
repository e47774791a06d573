import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A live group whose members change their protocol one by one. */
final class Migration {
    private static final int PARTITIONS = 6;
    private static final int MEMBERS = 3;

    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("migration_with_range", broker -> migrate(broker, "org.apache.kafka.clients.consumer.RangeAssignor"));
        scenarios.put(
                "migration_with_cooperative_sticky",
                broker -> migrate(broker, "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
    }

    /** Writes a record every few milliseconds until it is stopped. */
    private static final class Writer implements AutoCloseable {
        final AtomicInteger written = new AtomicInteger();
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final Thread thread;

        Writer(Broker broker, String topic) {
            thread = new Thread(() -> {
                try (KafkaProducer<String, String> producer = broker.producer()) {
                    while (!stopped.get()) {
                        String value = Integer.toString(written.get());
                        producer.send(new ProducerRecord<>(topic, value, value)).get();
                        written.incrementAndGet();
                        Thread.sleep(5);
                    }
                } catch (Exception error) {
                    throw new IllegalStateException(error);
                }
            });
            thread.start();
        }

        @Override
        public void close() throws Exception {
            stopped.set(true);
            thread.join();
        }
    }

    private static String typeOf(Broker broker, String group) throws Exception {
        try (Admin admin = broker.admin()) {
            return Broker.get(admin.listGroups().all()).stream()
                    .filter(it -> it.groupId().equals(group))
                    .map(it -> it.type().map(Object::toString).orElse("?"))
                    .findFirst()
                    .orElse("none");
        }
    }

    private static Object migrate(Broker broker, String assignor) throws Exception {
        String topic = broker.topic("topic", PARTITIONS);
        String group = broker.named("group");
        Map<String, Object> classic = Map.of("partition.assignment.strategy", assignor);
        List<Member> members = new ArrayList<>();
        List<Member> gone = new ArrayList<>();
        List<String> types = new ArrayList<>();
        int written;
        try (Writer writer = new Writer(broker, topic)) {
            for (int i = 0; i < MEMBERS; i++) members.add(new Member(broker, group, classic).subscribe(topic));
            settle(members, writer, gone);
            types.add(typeOf(broker, group));
            for (Map<String, Object> next : List.of(ConsumerGroups.CONSUMER, classic)) {
                for (int i = 0; i < MEMBERS; i++) {
                    Member old = members.get(i);
                    old.close();
                    gone.add(old);
                    members.set(i, new Member(broker, group, next).subscribe(topic));
                    settle(members, writer, gone);
                    types.add(typeOf(broker, group));
                }
            }
            writer.close();
            written = writer.written.get();
            List<Member> all = new ArrayList<>(members);
            all.addAll(gone);
            Member.awaitRead(all, written);
        }
        for (Member each : members) each.close();
        gone.addAll(members);
        Set<String> read = new HashSet<>();
        for (Member each : gone) read.addAll(each.read);
        List<String> failures = gone.stream().filter(it -> it.failure != null).map(it -> it.failure.toString()).toList();
        return Main.seen(
                "types", types,
                "all_read", read.size() == written,
                "all_committed", broker.committedBy(group) == written,
                "failures", failures);
    }

    /** Waits until partitions are shared and what was written until now is read. */
    private static void settle(List<Member> members, Writer writer, List<Member> gone) throws Exception {
        Member.awaitShared(members, 2, 2, 2);
        List<Member> all = new ArrayList<>(members);
        all.addAll(gone);
        Member.awaitRead(all, writer.written.get());
    }
}
