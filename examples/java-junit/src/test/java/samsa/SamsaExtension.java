package samsa;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A broker for the tests of a class: the command {@code samsa} as a process, started once, with
 * nothing in it but the seed when a test begins, and stopped at the end.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final SamsaExtension samsa = new SamsaExtension().seed("""
 *     {"topics": {"orders": {"partitions": 3}}}""");
 * }</pre>
 */
public final class SamsaExtension
    implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
  private static final Pattern CONTROL_URL = Pattern.compile("control API is at (\\S+)");
  private static final String COMMAND =
      System.getProperty("os.name").startsWith("Windows") ? "samsa.cmd" : "samsa";
  private static final long STOPPING_SECONDS = 10;

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<String> command =
      new ArrayList<>(
          List.of(
              COMMAND, "--memory", "--profile", "test", "--log-level", "warn", "--port", "0",
              "--control-port", "0"));
  private String seed = "{}";
  private Process process;
  private String url;
  private String bootstrapServers;

  /** @param options more of the command, e.g. {@code "--clock", "virtual"} */
  public SamsaExtension(String... options) {
    command.addAll(List.of(options));
  }

  /** Topics, records and offsets that each test begins with, as JSON. */
  public SamsaExtension seed(String seed) {
    this.seed = seed;
    return this;
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    url = readControlUrl(process.inputReader());
    bootstrapServers = get("/health").get("bootstrapServers").asText();
    call("POST", "/seed", seed);
  }

  private static String readControlUrl(BufferedReader output) throws IOException {
    for (String line; (line = output.readLine()) != null; ) {
      Matcher matcher = CONTROL_URL.matcher(line);
      if (matcher.find()) return matcher.group(1);
    }
    throw new IOException("samsa has ended: npm install -g samsa brings one that can do this");
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    call("POST", "/reset", "");
  }

  @Override
  public void afterAll(ExtensionContext context) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOPPING_SECONDS, TimeUnit.SECONDS)) process.destroyForcibly();
  }

  /** What clients need, to which comes that they return at once when the broker does. */
  public Map<String, Object> clientConfig() {
    return Map.of(
        "bootstrap.servers", bootstrapServers,
        "reconnect.backoff.ms", 20,
        "reconnect.backoff.max.ms", 500,
        "retry.backoff.ms", 20);
  }

  /** Has something go wrong: {@code {"kind": "error", "api": "Produce", "error": "..."}}. */
  public Fault fault(String spec) {
    return new Fault(call("POST", "/faults", spec).get("id").asInt());
  }

  /** A fault that was made: how often it has struck, and how to end it. */
  public final class Fault {
    private final String path;

    private Fault(int id) {
      path = "/faults/" + id;
    }

    public int hits() {
      return get(path).get("hits").asInt();
    }

    public void stop() {
      call("DELETE", path, "");
    }
  }

  public void fenceProducer(String transactionalId) {
    call("POST", "/transactions/" + transactionalId + "/fence", "");
  }

  /** Moves a virtual clock on: {@code "45s"}, {@code "2m"}. */
  public void advanceClock(String duration) {
    post("/clock", Map.of("advance", duration));
  }

  /** What consumers see of a topic. */
  public List<JsonNode> records(String topic) {
    return listOf(get("/topics/" + topic + "/records").get("records"));
  }

  /** As {@link #records}, when there are so many or more. */
  public List<JsonNode> waitForMessages(String topic, int count) {
    return listOf(post("/wait/messages", Map.of("topic", topic, "count", count)).get("records"));
  }

  /** @return the group with its members, when they have all partitions */
  public JsonNode waitForAssignment(String groupId) {
    return post("/wait/assignment", Map.of("groupId", groupId));
  }

  public void waitForCommit(String groupId, String topic, long offset) {
    post("/wait/commit", Map.of("groupId", groupId, "topic", topic, "offset", offset));
  }

  public JsonNode get(String path) {
    return call("GET", path, "");
  }

  public JsonNode post(String path, Map<String, Object> body) {
    return call("POST", path, json.valueToTree(body).toString());
  }

  /** @throws IllegalStateException with what the broker says, what it saw instead of what was waited for */
  private JsonNode call(String method, String path, String body) {
    var request = HttpRequest.newBuilder(URI.create(url + path));
    if (body.isEmpty()) request.method(method, BodyPublishers.noBody());
    else {
      request.header("Content-Type", "application/json");
      request.method(method, BodyPublishers.ofString(body));
    }
    try {
      var response = http.send(request.build(), BodyHandlers.ofString());
      if (response.statusCode() == 200) return json.readTree(response.body());
      throw new IllegalStateException(method + " " + path + ": " + response.body());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(method + " " + path, e);
    }
  }

  private static List<JsonNode> listOf(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }
}
