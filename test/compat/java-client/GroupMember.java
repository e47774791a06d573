import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * A member of a group: {@code GroupMember BOOTSTRAP GROUP TOPIC NAME=VALUE...}, with configs.
 *
 * <p>It prints {@code assigned 0 1 2} when that changes and {@code read VALUE} for each record, and leaves when its
 * standard input ends.
 */
public final class GroupMember {
    public static void main(String[] args) throws Exception {
        Map<String, Object> config = new HashMap<>();
        for (String pair : List.of(args).subList(3, args.length)) {
            config.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        Member member = new Member(new Broker(args[0], args[2]), args[1], config).subscribe(args[2]);
        CompletableFuture<Integer> told = CompletableFuture.supplyAsync(GroupMember::awaitEndOfInput);
        String before = "assigned";
        while (!told.isDone()) {
            String now = member.assigned.stream()
                    .map(it -> " " + it.partition())
                    .sorted()
                    .collect(Collectors.joining("", "assigned", ""));
            if (!now.equals(before)) System.out.println(now);
            before = now;
            for (String value; (value = member.read.poll()) != null; ) System.out.println("read " + value);
            if (member.failure != null) throw member.failure;
            Thread.sleep(20);
        }
        member.close();
        System.exit(0);
    }

    private static int awaitEndOfInput() {
        try {
            return System.in.readAllBytes().length;
        } catch (java.io.IOException error) {
            return -1;
        }
    }
}
