import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** Members of classic groups, whose leader assigns partitions. */
final class ClassicGroups {
    private static final String CLIENTS = "org.apache.kafka.clients.consumer.";

    static void addTo(Map<String, Main.Scenario> scenarios) {
        for (String assignor : List.of("Range", "RoundRobin", "Sticky", "CooperativeSticky")) {
            scenarios.put("classic_" + assignor, broker -> shared(broker, CLIENTS + assignor + "Assignor"));
        }
        scenarios.put("classic_static_members", ClassicGroups::staticMembers);
    }

    private static Map<String, Object> classicWith(Object... pairs) {
        Map<String, Object> config = new HashMap<>(Map.of("group.protocol", "classic"));
        for (int i = 0; i < pairs.length; i += 2) config.put((String) pairs[i], pairs[i + 1]);
        return config;
    }

    private static Object shared(Broker broker, String assignor) throws Exception {
        String topic = broker.topic("topic", 6);
        String group = broker.named("group");
        List<Member> members = new ArrayList<>();
        for (int[] sizes : new int[][] {{6}, {3, 3}, {2, 2, 2}}) {
            members.add(new Member(broker, group, classicWith("partition.assignment.strategy", assignor)).subscribe(topic));
            Member.awaitShared(members, sizes);
        }
        broker.write(topic, 0, 60);
        Member.awaitRead(members, 60);
        Object described = ConsumerGroups.summary(ConsumerGroups.describe(broker, group));
        members.remove(0).close();
        Member.awaitShared(members, 3, 3);
        for (Member each : members) each.close();
        return Main.seen("described", described, "committed", broker.committedBy(group));
    }

    /** A static member comes back unnoticed, and a second one with its name turns it out. */
    private static Object staticMembers(Broker broker) throws Exception {
        String topic = broker.topic("topic", 4);
        String group = broker.named("group");
        Member first = new Member(broker, group, classicWith("group.instance.id", "first")).subscribe(topic);
        Member second = new Member(broker, group, classicWith("group.instance.id", "second")).subscribe(topic);
        Member.awaitShared(List.of(first, second), 2, 2);
        Set<TopicPartition> had = Set.copyOf(first.assigned);
        int changes = second.changes;
        first.close();
        Member again = new Member(broker, group, classicWith("group.instance.id", "first")).subscribe(topic);
        again.awaitAssigned(2);
        boolean same = again.assigned.equals(had);
        Member third = new Member(broker, group, classicWith("group.instance.id", "first")).subscribe(topic);
        String turnedOut = again.awaitFailure().getClass().getSimpleName();
        third.awaitAssigned(2);
        int noticed = second.changes - changes;
        again.close();
        third.close();
        second.close();
        return Main.seen("same", same, "turned_out", turnedOut, "noticed", noticed);
    }
}
