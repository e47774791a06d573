import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.common.TopicPartition;

/** Members of groups that follow KIP-848: who gets what, and when. */
final class ConsumerGroups {
    static final Map<String, Object> CONSUMER = Map.of("group.protocol", "consumer");

    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("uniform", ConsumerGroups::uniform);
        scenarios.put("range", ConsumerGroups::range);
        scenarios.put("unknown_assignor", ConsumerGroups::unknownAssignor);
        scenarios.put("regular_expression", ConsumerGroups::regularExpression);
        scenarios.put("static_members", ConsumerGroups::staticMembers);
        scenarios.put("new_partitions_and_topics", ConsumerGroups::growth);
        scenarios.put("max_poll_interval", ConsumerGroups::maxPollInterval);
        scenarios.put("different_subscriptions", ConsumerGroups::differentSubscriptions);
    }

    static Map<String, Object> consumerWith(Object... pairs) {
        Map<String, Object> config = new HashMap<>(CONSUMER);
        for (int i = 0; i < pairs.length; i += 2) config.put((String) pairs[i], pairs[i + 1]);
        return config;
    }

    static ConsumerGroupDescription describe(Broker broker, String group) throws Exception {
        try (Admin admin = broker.admin()) {
            return Broker.get(admin.describeConsumerGroups(List.of(group)).all()).get(group);
        }
    }

    static Object summary(ConsumerGroupDescription group) {
        List<Integer> sizes = group.members().stream()
                .map(it -> it.assignment().topicPartitions().size())
                .sorted()
                .toList();
        return List.of(group.type(), group.groupState(), group.partitionAssignor(), sizes);
    }

    /** Members come and go; a record is read by whoever has its partition. */
    private static Object uniform(Broker broker) throws Exception {
        String topic = broker.topic("topic", 6);
        String group = broker.named("group");
        List<Member> members = new ArrayList<>();
        List<Object> described = new ArrayList<>();
        for (int[] sizes : new int[][] {{6}, {3, 3}, {2, 2, 2}}) {
            members.add(new Member(broker, group, CONSUMER).subscribe(topic));
            Member.awaitShared(members, sizes);
            broker.write(topic, 100 * members.size(), 100 * members.size() + 50);
            Member.awaitRead(members, 50 * members.size());
            described.add(summary(describe(broker, group)));
        }
        List<Member> left = members.subList(1, 3);
        members.get(0).close();
        Member.awaitShared(left, 3, 3);
        broker.write(topic, 400, 450);
        Member.awaitRead(members, 200);
        ConsumerGroupDescription settled = describe(broker, group);
        for (Member each : left) each.close();
        return Main.seen(
                "described", described,
                "epochs_agree", settled.groupEpoch().equals(settled.targetAssignmentEpoch()),
                "read", members.stream().mapToInt(it -> it.read.size()).sum(),
                "committed", broker.committedBy(group),
                "left", summary(describe(broker, group)));
    }

    /** The same partitions of all topics go to the same member. */
    private static Object range(Broker broker) throws Exception {
        String one = broker.topic("one", 3);
        String two = broker.topic("two", 3);
        String group = broker.named("group");
        Map<String, Object> config = consumerWith("group.remote.assignor", "range");
        try (Member first = new Member(broker, group, config);
                Member second = new Member(broker, group, config)) {
            List<Member> members = List.of(first.subscribe(one, two), second.subscribe(one, two));
            Member.awaitShared(members, 4, 2);
            Set<List<String>> shares = members.stream()
                    .map(it -> it.assigned.stream()
                            .map(partition -> (partition.topic().equals(one) ? "one-" : "two-") + partition.partition())
                            .sorted()
                            .toList())
                    .collect(Collectors.toCollection(() -> new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()))));
            return Main.seen("shares", shares, "described", summary(describe(broker, group)));
        }
    }

    private static Object unknownAssignor(Broker broker) throws Exception {
        String topic = broker.topic("topic", 1);
        try (Member member = new Member(broker, broker.named("group"), consumerWith("group.remote.assignor", "none-such"))) {
            Exception failure = member.subscribe(topic).awaitFailure();
            return Main.seen("failure", failure.getClass().getSimpleName(), "message", failure.getMessage());
        }
    }

    private static Object regularExpression(Broker broker) throws Exception {
        broker.topic("ab", 2);
        broker.topic("ac", 3);
        broker.topic("ad", 4);
        String group = broker.named("group");
        String refused;
        try (Member bad = new Member(broker, broker.named("bad"), CONSUMER)) {
            refused = bad.subscribe(new SubscriptionPattern("a(b")).awaitFailure().getClass().getSimpleName();
        }
        try (Member member = new Member(broker, group, CONSUMER)) {
            member.subscribe(new SubscriptionPattern(broker.name + "-a[b-c]+"));
            member.awaitAssigned(5);
            broker.topic("abc", 1);
            // It has the end of a line in it, and doesn't match as a whole.
            broker.topic("abcd", 1);
            member.awaitAssigned(6);
            broker.write(broker.named("abc"), 0, 5);
            Member.awaitRead(List.of(member), 5);
            Set<String> topics = member.assigned.stream()
                    .map(it -> it.topic().substring(broker.name.length() + 1))
                    .collect(Collectors.toCollection(TreeSet::new));
            return Main.seen("topics", topics, "refused", refused);
        }
    }

    /** A static member comes back to what it had, and nobody else notices. */
    private static Object staticMembers(Broker broker) throws Exception {
        String topic = broker.topic("topic", 4);
        String group = broker.named("group");
        Member first = new Member(broker, group, consumerWith("group.instance.id", "first")).subscribe(topic);
        Member second = new Member(broker, group, consumerWith("group.instance.id", "second")).subscribe(topic);
        Member.awaitShared(List.of(first, second), 2, 2);
        Set<TopicPartition> had = Set.copyOf(first.assigned);
        int changes = second.changes;
        first.close();
        int whileAway = describe(broker, group).members().size();
        Member again = new Member(broker, group, consumerWith("group.instance.id", "first")).subscribe(topic);
        again.awaitAssigned(2);
        boolean same = again.assigned.equals(had);
        String taken;
        try (Member third = new Member(broker, group, consumerWith("group.instance.id", "first"))) {
            taken = third.subscribe(topic).awaitFailure().getClass().getSimpleName();
        }
        List<String> instances = describe(broker, group).members().stream()
                .map(it -> it.groupInstanceId().orElse(""))
                .sorted()
                .toList();
        int noticed = second.changes - changes;
        broker.write(topic, 0, 20);
        int read = Member.awaitRead(List.of(again, second), 20);
        again.close();
        second.close();
        return Main.seen(
                "while_away", whileAway,
                "same", same,
                "taken", taken,
                "noticed", noticed,
                "instances", instances,
                "read", read);
    }

    /** Members get what is new in their subscription. */
    private static Object growth(Broker broker) throws Exception {
        String topic = broker.topic("topic", 2);
        String later = broker.named("later");
        String group = broker.named("group");
        try (Member first = new Member(broker, group, consumerWith("allow.auto.create.topics", false));
                Member second = new Member(broker, group, consumerWith("allow.auto.create.topics", false));
                Admin admin = broker.admin()) {
            List<Member> members = List.of(first.subscribe(topic, later), second.subscribe(topic, later));
            Member.awaitShared(members, 1, 1);
            Broker.get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all());
            Member.awaitShared(members, 2, 2);
            broker.topic("later", 2);
            Member.awaitShared(members, 3, 3);
            broker.write(topic, 0, 40);
            broker.write(later, 40, 60);
            int read = Member.awaitRead(members, 60);
            Broker.get(admin.deleteTopics(List.of(later)).all());
            Member.awaitShared(members, 2, 2);
            return Main.seen("read", read);
        }
    }

    /** Who doesn't poll is out, and comes back by polling. */
    private static Object maxPollInterval(Broker broker) throws Exception {
        String topic = broker.topic("topic", 4);
        String group = broker.named("group");
        try (Member slow = new Member(broker, group, consumerWith("max.poll.interval.ms", 1500));
                Member quick = new Member(broker, group, CONSUMER)) {
            List<Member> members = List.of(slow.subscribe(topic), quick.subscribe(topic));
            Member.awaitShared(members, 2, 2);
            slow.polls(false);
            quick.awaitAssigned(4);
            int members1 = describe(broker, group).members().size();
            String commit = Broker.thrown(() -> slow.call(consumer -> {
                consumer.commitSync(Map.of(new TopicPartition(topic, 0), new org.apache.kafka.clients.consumer.OffsetAndMetadata(0)));
                return null;
            }));
            slow.polls(true);
            Member.awaitShared(members, 2, 2);
            broker.write(topic, 0, 20);
            return Main.seen("members", members1, "commit", commit, "read", Member.awaitRead(members, 20));
        }
    }

    private static Object differentSubscriptions(Broker broker) throws Exception {
        String one = broker.topic("one", 2);
        String two = broker.topic("two", 2);
        String group = broker.named("group");
        try (Member first = new Member(broker, group, CONSUMER);
                Member second = new Member(broker, group, CONSUMER)) {
            first.subscribe(one);
            first.awaitAssigned(2);
            second.subscribe(one, two);
            Member.awaitShared(List.of(first, second), 2, 2);
            List<List<String>> topics = List.of(first, second).stream()
                    .map(it -> it.assigned.stream().map(partition -> partition.topic().equals(one) ? "one" : "two").distinct().toList())
                    .toList();
            second.call(consumer -> {
                consumer.subscribe(List.of(one), second);
                return null;
            });
            Member.awaitShared(List.of(first, second), 1, 1);
            return Main.seen("topics", topics);
        }
    }
}
