import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** What operators do with groups of both protocols. */
final class GroupAdmin {
    static void addTo(Map<String, Main.Scenario> scenarios) {
        scenarios.put("groups_described", GroupAdmin::described);
        scenarios.put("groups_listed", GroupAdmin::listed);
        scenarios.put("groups_deleted", GroupAdmin::deleted);
        scenarios.put("offsets_altered", GroupAdmin::offsetsAltered);
        scenarios.put("members_removed", GroupAdmin::membersRemoved);
        scenarios.put("group_configs", GroupAdmin::groupConfigs);
    }

    /** A classic and a consumer group with a member each, while something is done with them. */
    private interface WithGroups {
        Object run(Admin admin, String topic, List<String> groups, List<Member> members) throws Exception;
    }

    private static Object with(Broker broker, WithGroups with) throws Exception {
        String topic = broker.topic("topic", 2);
        broker.write(topic, 0, 10);
        List<String> groups = List.of(broker.named("classic"), broker.named("consumer"));
        try (Admin admin = broker.admin();
                Member classic = new Member(broker, groups.get(0), Map.of("group.instance.id", "one"));
                Member consumer = new Member(
                        broker, groups.get(1), ConsumerGroups.consumerWith("group.instance.id", "one"))) {
            List<Member> members = List.of(classic.subscribe(topic), consumer.subscribe(topic));
            for (Member each : members) {
                each.awaitAssigned(2);
                Member.awaitRead(List.of(each), 10);
            }
            return with.run(admin, topic, groups, members);
        }
    }

    private static Object described(Broker broker) throws Exception {
        return with(broker, (admin, topic, groups, members) -> {
            List<Object> described = new ArrayList<>();
            for (String group : groups) {
                var description = ConsumerGroups.describe(broker, group);
                var member = description.members().iterator().next();
                described.add(ConsumerGroups.summary(description));
                described.add(List.of(
                        member.groupInstanceId().orElse("?"),
                        member.host().startsWith("/"),
                        member.memberEpoch().isPresent(),
                        member.upgraded().map(Object::toString).orElse("?"),
                        member.targetAssignment().map(it -> it.topicPartitions().size()).orElse(-1)));
            }
            String group = groups.get(0);
            var classic = Broker.get(admin.describeClassicGroups(List.of(group)).all()).get(group);
            return Main.seen(
                    "described", described,
                    "classic", List.of(classic.protocol(), classic.protocolData(), classic.state(), classic.members().size()),
                    "consumer_as_classic", Broker.thrown(() -> Broker.get(
                            admin.describeClassicGroups(List.of(groups.get(1))).all())),
                    "unknown", Broker.thrown(() -> ConsumerGroups.describe(broker, broker.named("none"))));
        });
    }

    private static List<String> list(Broker broker, Admin admin, ListGroupsOptions options) throws Exception {
        return Broker.get(admin.listGroups(options).all()).stream()
                .filter(it -> it.groupId().startsWith(broker.name + "-"))
                .map(it -> String.join(
                        " ",
                        it.groupId().substring(broker.name.length() + 1),
                        it.type().map(Object::toString).orElse("?"),
                        it.protocol(),
                        it.groupState().map(Object::toString).orElse("?")))
                .sorted()
                .toList();
    }

    private static Object listed(Broker broker) throws Exception {
        return with(broker, (admin, topic, groups, members) -> {
            String simple = broker.named("simple");
            Broker.get(admin.alterConsumerGroupOffsets(simple, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(1))).all());
            return Main.seen(
                    "all", list(broker, admin, new ListGroupsOptions()),
                    "consumer_groups", list(broker, admin, ListGroupsOptions.forConsumerGroups()),
                    "share_groups", list(broker, admin, ListGroupsOptions.forShareGroups()),
                    "of_type_classic", list(broker, admin, new ListGroupsOptions().withTypes(Set.of(GroupType.CLASSIC))),
                    "of_type_consumer", list(broker, admin, new ListGroupsOptions().withTypes(Set.of(GroupType.CONSUMER))),
                    "stable", list(broker, admin, new ListGroupsOptions().inGroupStates(Set.of(GroupState.STABLE))),
                    "empty", list(broker, admin, new ListGroupsOptions().inGroupStates(Set.of(GroupState.EMPTY))),
                    "simple", list(broker, admin, new ListGroupsOptions().withProtocolTypes(Set.of(""))));
        });
    }

    private static Object deleted(Broker broker) throws Exception {
        List<String> both = List.of(broker.named("classic"), broker.named("consumer"));
        Object live = with(broker, (admin, topic, groups, members) -> {
            List<String> live1 = new ArrayList<>();
            for (String group : groups) {
                live1.add(Broker.thrown(() -> Broker.get(admin.deleteConsumerGroups(List.of(group)).all())));
            }
            // Static members stay when they close.
            for (Member each : members) each.close();
            for (String group : groups) {
                live1.add(Broker.thrown(() -> Broker.get(admin.deleteConsumerGroups(List.of(group)).all())));
            }
            return live1;
        });
        List<String> empty = new ArrayList<>();
        try (Admin admin = broker.admin()) {
            for (String group : both) {
                Broker.get(admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions()).all());
                empty.add(Broker.thrown(() -> Broker.get(admin.deleteConsumerGroups(List.of(group)).all())));
                empty.add(Broker.thrown(() -> Broker.get(admin.deleteConsumerGroups(List.of(group)).all())));
            }
            return Main.seen("live", live, "empty", empty, "left", list(broker, admin, new ListGroupsOptions()));
        }
    }

    private static Object offsetsAltered(Broker broker) throws Exception {
        return with(broker, (admin, topic, groups, members) -> {
            Map<String, Object> seen = Main.seen();
            TopicPartition partition = new TopicPartition(topic, 0);
            for (int i = 0; i < groups.size(); i++) {
                String group = groups.get(i);
                List<Object> of = new ArrayList<>();
                of.add(Broker.thrown(() -> Broker.get(admin.alterConsumerGroupOffsets(
                        group, Map.of(partition, new OffsetAndMetadata(2))).all())));
                of.add(Broker.thrown(() -> Broker.get(admin.deleteConsumerGroupOffsets(
                        group, Set.of(partition)).all())));
                members.get(i).close();
                Broker.get(admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions()).all());
                of.add(Broker.thrown(() -> Broker.get(admin.alterConsumerGroupOffsets(
                        group, Map.of(partition, new OffsetAndMetadata(2))).all())));
                of.add(offsetsOf(admin, group).get(partition).offset());
                of.add(Broker.thrown(() -> Broker.get(admin.deleteConsumerGroupOffsets(
                        group, Set.of(partition)).all())));
                of.add(offsetsOf(admin, group).containsKey(partition));
                seen.put(i == 0 ? "classic" : "consumer", of);
            }
            return seen;
        });
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsetsOf(Admin admin, String group) throws Exception {
        return Broker.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    }

    private static Object membersRemoved(Broker broker) throws Exception {
        return with(broker, (admin, topic, groups, members) -> {
            Map<String, Object> seen = Main.seen();
            for (int i = 0; i < groups.size(); i++) {
                String group = groups.get(i);
                List<Object> of = new ArrayList<>();
                of.add(Broker.thrown(() -> Broker.get(admin.removeMembersFromConsumerGroup(
                        group,
                        new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("none")))).all())));
                Broker.get(admin.removeMembersFromConsumerGroup(
                        group,
                        new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("one")))).all());
                seen.put(i == 0 ? "classic" : "consumer", of);
                // A member of a classic group that was removed joins again by itself; a static one of KIP-848 too.
                of.add(outcome(members.get(i)));
            }
            return seen;
        });
    }

    /** What becomes of a member that was removed: the error that ends it, or that it has got its partitions again. */
    private static String outcome(Member member) throws Exception {
        int before = member.changes;
        Broker.await("an end or a new begin", () ->
                member.failure != null || (member.changes > before + 0 && member.assigned.size() == 2));
        return member.failure == null ? "joined again" : member.failure.getClass().getSimpleName();
    }

    static void setGroupConfig(Broker broker, String group, String name, String value) throws Exception {
        try (Admin admin = broker.admin()) {
            Broker.get(admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.GROUP, group), change(name, value)))
                    .all());
        }
    }

    private static Collection<AlterConfigOp> change(String name, String value) {
        AlterConfigOp.OpType type = value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET;
        return List.of(new AlterConfigOp(new ConfigEntry(name, value), type));
    }

    private static ConfigEntry describeConfig(Admin admin, ConfigResource resource, String name) throws Exception {
        return Broker.get(admin.describeConfigs(List.of(resource)).all()).get(resource).get(name);
    }

    private static Object groupConfigs(Broker broker) throws Exception {
        String group = broker.named("group");
        ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        String name = "consumer.heartbeat.interval.ms";
        List<Object> values = new ArrayList<>();
        try (Admin admin = broker.admin()) {
            for (String value : new String[] {"150", null}) {
                setGroupConfig(broker, group, name, value);
                ConfigEntry.ConfigSource source = value == null
                        ? ConfigEntry.ConfigSource.STATIC_BROKER_CONFIG
                        : ConfigEntry.ConfigSource.DYNAMIC_GROUP_CONFIG;
                Broker.await(source.name(), () -> describeConfig(admin, resource, name).source() == source);
                values.add(describeConfig(admin, resource, name).value());
            }
            setGroupConfig(broker, group, name, "150");
            return Main.seen(
                    "values", values,
                    "too_small", Broker.thrown(() -> setGroupConfig(broker, group, name, "1")),
                    "no_number", Broker.thrown(() -> setGroupConfig(broker, group, name, "soon")),
                    "unknown", Broker.thrown(() -> setGroupConfig(broker, group, "consumer.none.such", "1")),
                    "listed", Broker.get(admin.listConfigResources(
                                    Set.of(ConfigResource.Type.GROUP), new org.apache.kafka.clients.admin.ListConfigResourcesOptions()).all()).stream()
                            .anyMatch(it -> it.name().equals(group)));
        }
    }
}
