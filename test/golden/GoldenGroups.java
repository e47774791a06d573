import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataDelta;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.apache.kafka.coordinator.group.Utils;
import org.apache.kafka.coordinator.group.api.assignor.MemberAssignment;
import org.apache.kafka.coordinator.group.api.assignor.PartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;

/**
 * Writes what Apache Kafka assigns to the members of random consumer groups, each a chain of changes
 * that begins with an empty group, or the hashes of random topics and groups; one JSON line each.
 *
 * <p>java -cp "$KAFKA_HOME/*" test/golden/GoldenGroups.java assignments 30 5 > test/golden/assignments.jsonl
 * <p>java -cp "$KAFKA_HOME/*" test/golden/GoldenGroups.java hashes > test/golden/topic-hashes.jsonl
 */
public class GoldenGroups {
    record Member(String id, String instanceId, Set<Uuid> topics) {}

    static final Random RANDOM = new Random(848);
    static final String[] WORDS = {"a", "consumer", "B", "member", "é", "z-9", "x_1"};

    public static void main(String[] args) {
        if (args[0].equals("hashes")) {
            hashes();
            return;
        }
        for (int chain = 0; chain < Integer.parseInt(args[1]); chain++) chain(chain, Integer.parseInt(args[2]));
    }

    static void chain(int number, int steps) {
        PartitionAssignor assignor = number % 3 == 2 ? new RangeAssignor() : new UniformAssignor();
        boolean homogeneous = number % 2 == 0;
        Map<Uuid, Integer> partitions = new LinkedHashMap<>();
        for (int i = 1 + RANDOM.nextInt(number % 5 == 0 ? 20 : 6); i > 0; i--) partitions.put(uuid(), 1 + RANDOM.nextInt(12));
        List<Member> members = new ArrayList<>();
        Map<String, Map<Uuid, List<Integer>>> target = new HashMap<>();
        Set<Uuid> all = new LinkedHashSet<>(partitions.keySet());
        for (int i = 1 + RANDOM.nextInt(6); i > 0; i--) members.add(member(some(all, homogeneous)));
        for (int step = 0; step < steps; step++) {
            target = assign(assignor, homogeneous, partitions, members, target);
            change(partitions, members, all, homogeneous);
        }
    }

    static void change(Map<Uuid, Integer> partitions, List<Member> members, Set<Uuid> all, boolean homogeneous) {
        switch (RANDOM.nextInt(5)) {
            case 0 -> {
                if (members.size() > 1) members.remove(RANDOM.nextInt(members.size()));
            }
            case 1 -> partitions.replaceAll((id, count) -> count + RANDOM.nextInt(4));
            case 2 -> {
                Uuid gone = all.iterator().next();
                if (all.size() > 1) all.remove(gone);
                members.replaceAll(member -> new Member(member.id, member.instanceId, some(all, homogeneous)));
            }
            default -> {
                for (int i = 1 + RANDOM.nextInt(5); i > 0; i--) members.add(member(some(all, homogeneous)));
            }
        }
    }

    static Set<Uuid> some(Set<Uuid> topics, boolean homogeneous) {
        if (homogeneous) return new LinkedHashSet<>(topics);
        Set<Uuid> some = new LinkedHashSet<>();
        for (Uuid topic : topics) if (RANDOM.nextBoolean()) some.add(topic);
        return some;
    }

    static Member member(Set<Uuid> topics) {
        String id = RANDOM.nextBoolean() ? uuid().toString() : WORDS[RANDOM.nextInt(WORDS.length)] + RANDOM.nextInt(1000);
        return new Member(id, RANDOM.nextInt(3) == 0 ? "instance-" + RANDOM.nextInt(100000) : null, topics);
    }

    static Uuid uuid() {
        return new Uuid(RANDOM.nextLong(), RANDOM.nextLong());
    }

    static Map<String, Map<Uuid, List<Integer>>> assign(PartitionAssignor assignor, boolean homogeneous,
            Map<Uuid, Integer> partitions, List<Member> members, Map<String, Map<Uuid, List<Integer>>> target) {
        Map<String, MemberSubscriptionAndAssignmentImpl> specs = new HashMap<>();
        Map<Uuid, Map<Integer, String>> owners = new HashMap<>();
        List<String> printed = new ArrayList<>();
        for (Member member : members) {
            if (specs.containsKey(member.id)) continue;
            Map<Uuid, List<Integer>> old = target.getOrDefault(member.id, Map.of());
            Map<Uuid, Set<Integer>> sets = new HashMap<>();
            old.forEach((id, list) -> {
                sets.put(id, new HashSet<>(list));
                for (int partition : list) owners.computeIfAbsent(id, any -> new HashMap<>()).put(partition, member.id);
            });
            specs.put(member.id, new MemberSubscriptionAndAssignmentImpl(Optional.empty(),
                Optional.ofNullable(member.instanceId), member.topics, new Assignment(sets)));
            printed.add("[" + quote(member.id) + "," + quote(member.instanceId) + "," + quoteAll(member.topics) + "," + plain(old) + "]");
        }
        boolean same = specs.values().stream().map(spec -> Set.copyOf(spec.subscribedTopicIds())).distinct().count() == 1;
        SubscriptionType type = same ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
        Map<String, MemberAssignment> assigned = assignor.assign(new GroupSpecImpl(specs, type, owners),
            new SubscribedTopicDescriber() {
                @Override
                public int numPartitions(Uuid topicId) {
                    return partitions.getOrDefault(topicId, -1);
                }

                @Override
                public Set<String> racksForPartition(Uuid topicId, int partition) {
                    return Set.of();
                }
            }).members();
        Map<String, Map<Uuid, List<Integer>>> result = new HashMap<>();
        assigned.forEach((id, assignment) -> {
            Map<Uuid, List<Integer>> lists = new LinkedHashMap<>();
            assignment.partitions().forEach((topic, set) -> lists.put(topic, new ArrayList<>(set)));
            result.put(id, lists);
        });
        System.out.println("{\"assignor\":\"" + assignor.name() + "\",\"type\":\"" + type + "\",\"partitions\":"
            + partitions.entrySet().stream().map(e -> quote(e.getKey().toString()) + ":" + e.getValue()).collect(Collectors.joining(",", "{", "}"))
            + ",\"members\":[" + String.join(",", printed) + "],\"assigned\":"
            + result.entrySet().stream().map(e -> quote(e.getKey()) + ":" + plain(sorted(e.getValue()))).collect(Collectors.joining(",", "{", "}")) + "}");
        return result;
    }

    static Map<Uuid, List<Integer>> sorted(Map<Uuid, List<Integer>> assignment) {
        Map<Uuid, List<Integer>> sorted = new TreeMap<>(assignment);
        sorted.replaceAll((topic, list) -> list.stream().sorted().toList());
        return sorted;
    }

    static String plain(Map<Uuid, List<Integer>> assignment) {
        return assignment.entrySet().stream()
            .map(e -> quote(e.getKey().toString()) + ":" + e.getValue().toString().replace(" ", ""))
            .collect(Collectors.joining(",", "{", "}"));
    }

    static String quote(String text) {
        return text == null ? "null" : "\"" + text + "\"";
    }

    static String quoteAll(Collection<?> texts) {
        return texts.stream().map(text -> quote(text.toString())).collect(Collectors.joining(",", "[", "]"));
    }

    static void hashes() {
        int[] counts = {1, 2, 3, 10, 20, 47, 48, 49, 60, 200, 246, 256, 257, 500, 3000};
        Map<String, Long> group = new HashMap<>();
        System.out.println("{\"group\":{},\"hash\":\"" + Utils.computeGroupHash(group) + "\"}");
        for (int count : counts) {
            for (String name : List.of("t" + count, "topic-with-a-longer-name." + count, "ünïcode" + count)) {
                List<List<String>> racks = new ArrayList<>();
                for (int i = 0; i < count; i++) racks.add(count > 300 || name.startsWith("t" + count) ? List.of() : racks());
                Topic topic = new Topic(name, uuid(), racks);
                long hash = Utils.computeTopicHash(name, new Image(topic));
                System.out.println("{\"name\":" + quote(name) + ",\"id\":" + quote(topic.id.toString()) + ",\"partitions\":" + count
                    + (racks.stream().allMatch(List::isEmpty) ? "" : ",\"racks\":" + racks.stream().map(GoldenGroups::quoteAll).collect(Collectors.joining(",", "[", "]")))
                    + ",\"hash\":\"" + hash + "\"}");
                group.put(name, hash);
                if (group.size() % 4 == 0 || group.size() < 4) {
                    System.out.println("{\"group\":" + group.entrySet().stream().map(e -> quote(e.getKey()) + ":\"" + e.getValue() + "\"").collect(Collectors.joining(",", "{", "}"))
                        + ",\"hash\":\"" + Utils.computeGroupHash(group) + "\"}");
                }
            }
        }
    }

    static List<String> racks() {
        List<String> racks = new ArrayList<>();
        for (int i = RANDOM.nextInt(4); i > 0; i--) racks.add("rack" + RANDOM.nextInt(30));
        return racks;
    }

    record Topic(String name, Uuid id, List<List<String>> racks) implements CoordinatorMetadataImage.TopicMetadata {
        @Override
        public int partitionCount() {
            return racks.size();
        }

        @Override
        public List<String> partitionRacks(int partition) {
            return new ArrayList<>(racks.get(partition));
        }
    }

    record Image(Topic topic) implements CoordinatorMetadataImage {
        @Override
        public Set<Uuid> topicIds() {
            return Set.of(topic.id);
        }

        @Override
        public Set<String> topicNames() {
            return Set.of(topic.name);
        }

        @Override
        public Optional<TopicMetadata> topicMetadata(String name) {
            return Optional.of(topic);
        }

        @Override
        public Optional<TopicMetadata> topicMetadata(Uuid id) {
            return Optional.of(topic);
        }

        @Override
        public CoordinatorMetadataDelta emptyDelta() {
            return null;
        }

        @Override
        public long version() {
            return 1;
        }

        @Override
        public boolean isEmpty() {
            return false;
        }
    }
}
