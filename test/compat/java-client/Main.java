import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Users of Apache Kafka's Java clients: {@code Main BOOTSTRAP}, with scenarios asked for on standard input.
 *
 * <p>A line there is {@code ID SCENARIO TOPIC [BOOTSTRAP]}, where TOPIC is a name that the scenario may use for topics,
 * groups and transactional ids, and BOOTSTRAP another broker for it. A line of standard output answers it: {@code ID JSON}, with what the client saw, or a text that
 * begins with {@code failed:}. Several scenarios run at a time. java-client.test.ts says what must be seen.
 */
public final class Main {
    /** They wait most of the time. */
    private static final int SCENARIOS_AT_A_TIME = 6;

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

    interface Scenario {
        Object run(Broker broker) throws Exception;
    }

    private static final Map<String, Scenario> SCENARIOS = new LinkedHashMap<>();

    static {
        Transactions.addTo(SCENARIOS);
        TransactionAdmin.addTo(SCENARIOS);
        ClassicGroups.addTo(SCENARIOS);
        ConsumerGroups.addTo(SCENARIOS);
        Consumers.addTo(SCENARIOS);
        Migration.addTo(SCENARIOS);
        GroupAdmin.addTo(SCENARIOS);
        WordCounts.addTo(SCENARIOS);
        Faults.addTo(SCENARIOS);
    }

    /** What a scenario saw: names and values in turn. */
    static Map<String, Object> seen(Object... pairs) {
        Map<String, Object> seen = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) seen.put((String) pairs[i], pairs[i + 1]);
        return seen;
    }

    private static String answer(Broker broker, String scenario) {
        try {
            return JSON.writeValueAsString(SCENARIOS.get(scenario).run(broker));
        } catch (Throwable error) {
            StringWriter stack = new StringWriter();
            error.printStackTrace(new PrintWriter(stack));
            return "failed: " + stack.toString().replace('\n', ' ');
        }
    }

    public static void main(String[] args) throws Exception {
        ExecutorService running = Executors.newFixedThreadPool(SCENARIOS_AT_A_TIME);
        BufferedReader asked = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = asked.readLine()) != null; ) {
            String[] words = line.split(" ");
            running.execute(() -> {
                String bootstrap = words.length > 3 ? words[3] : args[0];
                String answer = answer(new Broker(bootstrap, words[2]), words[1]);
                synchronized (System.out) {
                    System.out.println(words[0] + " " + answer);
                }
            });
        }
        // Whoever asked has gone.
        System.exit(0);
    }
}
