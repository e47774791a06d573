import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/** What operators see of transactions, and how they end one that hangs. */
final class TransactionAdmin {
    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("transactions_described", TransactionAdmin::described);
        scenarios.put("transactions_listed", TransactionAdmin::listed);
        scenarios.put("abort_by_the_admin", TransactionAdmin::abort);
        scenarios.put("fenced_by_the_admin", TransactionAdmin::fence);
    }

    private static TransactionDescription describe(Admin admin, String id) throws Exception {
        return Broker.get(admin.describeTransactions(List.of(id)).description(id));
    }

    private static List<ProducerState> producers(Admin admin, TopicPartition partition) throws Exception {
        return Broker.get(admin.describeProducers(List.of(partition)).partitionResult(partition)).activeProducers();
    }

    private static Object described(Broker broker) throws Exception {
        String topic = broker.topic("topic", 2);
        String id = broker.named("id");
        try (Admin admin = broker.admin();
                KafkaProducer<String, String> producer = broker.transactional("id", "transaction.timeout.ms", 54321)) {
            TransactionDescription empty = describe(admin, id);
            producer.beginTransaction();
            Broker.send(producer, topic, 0, 10);
            TransactionDescription ongoing = describe(admin, id);
            ProducerState open = producers(admin, new TopicPartition(topic, 0)).get(0);
            producer.commitTransaction();
            Broker.await("the markers", () -> describe(admin, id).state() == TransactionState.COMPLETE_COMMIT);
            TransactionDescription complete = describe(admin, id);
            ProducerState closed = producers(admin, new TopicPartition(topic, 0)).get(0);
            return Main.seen(
                    "empty", List.of(empty.state(), empty.topicPartitions().size(), empty.transactionStartTimeMs().isPresent()),
                    "ongoing", List.of(ongoing.state(), ongoing.topicPartitions().size(), ongoing.transactionStartTimeMs().isPresent()),
                    "complete", List.of(complete.state(), complete.topicPartitions().size(), complete.transactionStartTimeMs().isPresent()),
                    "timeout", ongoing.transactionTimeoutMs(),
                    "coordinator", ongoing.coordinatorId(),
                    "same_producer", open.producerId() == ongoing.producerId() && open.producerEpoch() == ongoing.producerEpoch(),
                    "bumped", complete.producerEpoch() - ongoing.producerEpoch(),
                    "open_since", open.currentTransactionStartOffset().orElse(-1),
                    "closed_since", closed.currentTransactionStartOffset().orElse(-1),
                    "coordinator_epoch_known", closed.coordinatorEpoch().isPresent(),
                    "unknown", Broker.thrown(() -> describe(admin, id + "-no")),
                    "producers_of_no_topic", Broker.thrown(() -> {
                        var gone = new TopicPartition(topic, 7);
                        producersSoon(admin, gone);
                    }));
        }
    }

    /** The client goes on asking for a partition that isn't there: it may not take long. */
    private static void producersSoon(Admin admin, TopicPartition partition) throws Exception {
        var options = new org.apache.kafka.clients.admin.DescribeProducersOptions().timeoutMs(1000);
        Broker.get(admin.describeProducers(List.of(partition), options).partitionResult(partition));
    }

    private static List<String> list(Broker broker, Admin admin, ListTransactionsOptions options) throws Exception {
        return Broker.get(admin.listTransactions(options).all()).stream()
                .filter(it -> it.transactionalId().startsWith(broker.name))
                .map(it -> it.transactionalId().substring(broker.name.length() + 1) + " " + it.state())
                .sorted()
                .toList();
    }

    private static Object listed(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        try (Admin admin = broker.admin();
                KafkaProducer<String, String> idle = broker.transactional("idle");
                KafkaProducer<String, String> open = broker.transactional("open");
                KafkaProducer<String, String> aborted = broker.transactional("aborted")) {
            for (KafkaProducer<String, String> each : List.of(open, aborted)) {
                each.beginTransaction();
                Broker.send(each, topic, 0, 1);
            }
            aborted.abortTransaction();
            Broker.await("the abort", () ->
                    describe(admin, broker.named("aborted")).state() == TransactionState.COMPLETE_ABORT);
            long producerId = describe(admin, broker.named("open")).producerId();
            return Main.seen(
                    "all", list(broker, admin, new ListTransactionsOptions()),
                    "ongoing", list(broker, admin, new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING))),
                    "by_producer", list(broker, admin, new ListTransactionsOptions().filterProducerIds(List.of(producerId))),
                    "running_an_hour", list(broker, admin, new ListTransactionsOptions().filterOnDuration(3_600_000)),
                    "by_pattern", list(broker, admin, new ListTransactionsOptions().filterOnTransactionalIdPattern(".*-(idle|aborted)")),
                    "bad_pattern", Broker.thrown(() -> list(broker, admin, new ListTransactionsOptions().filterOnTransactionalIdPattern("(["))));
        }
    }

    /** An open transaction holds readers back until an admin aborts it in the partition. */
    private static Object abort(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        KafkaProducer<String, String> hanging = broker.transactional("hanging");
        try (Admin admin = broker.admin()) {
            hanging.beginTransaction();
            Broker.send(hanging, topic, 0, 3);
            broker.write(topic, 3, 5);
            List<String> before = broker.committed(topic, 1);
            ProducerState state = producers(admin, partition).stream()
                    .filter(it -> it.currentTransactionStartOffset().isPresent())
                    .findFirst()
                    .orElseThrow();
            short epoch = (short) state.producerEpoch();
            int coordinatorEpoch = state.coordinatorEpoch().orElse(0);
            String wrongEpoch = Broker.thrown(() -> Broker.get(admin.abortTransaction(
                            new AbortTransactionSpec(partition, state.producerId(), (short) (epoch - 1), coordinatorEpoch))
                    .all()));
            String aborted = Broker.thrown(() -> Broker.get(admin.abortTransaction(
                            new AbortTransactionSpec(partition, state.producerId(), epoch, coordinatorEpoch))
                    .all()));
            List<String> after = broker.committed(topic, 1);
            return Main.seen("before", before, "wrong_epoch", wrongEpoch, "aborted", aborted, "after", after);
        } finally {
            Broker.thrown(() -> hanging.abortTransaction());
            hanging.close();
        }
    }

    private static Object fence(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        try (Admin admin = broker.admin();
                KafkaProducer<String, String> producer = broker.transactional("id")) {
            producer.beginTransaction();
            Broker.send(producer, topic, 0, 3);
            var fenced = admin.fenceProducers(List.of(broker.named("id"), broker.named("never-used")));
            Broker.get(fenced.all());
            String commit = Broker.thrown(() -> producer.commitTransaction());
            return Main.seen(
                    "commit", commit,
                    "state", describe(admin, broker.named("id")).state(),
                    "never_used", Broker.get(fenced.epochId(broker.named("never-used"))),
                    "read", broker.committed(topic, 1));
        }
    }
}
