import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/**
 * Writes what Apache Kafka's own {@code getErrorResponse} makes of a request of every API in every
 * version, one JSON line each: API, version, the error's code, the request's bytes, the response's
 * (null: there is none). The requests are those of messages.jsonl that hold the most. The error is
 * the same one everywhere; those for which an API says more than its code follow.
 *
 * <pre>
 * javac -cp "$KAFKA/libs/*" -d /tmp/golden test/golden/GoldenRefusals.java
 * java -cp "/tmp/golden:$KAFKA/libs/*" GoldenRefusals test/golden/messages.jsonl > test/golden/refusals.jsonl
 * </pre>
 */
public final class GoldenRefusals {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Errors ERROR = Errors.COORDINATOR_NOT_AVAILABLE;
    private static final String REQUEST = "Request";
    private static final int MAX_BYTES = 1500;

    private GoldenRefusals() {
    }

    public static void main(String[] args) throws Exception {
        Map<String, List<byte[]>> requests = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of(args[0]))) {
            JsonNode golden = JSON.readTree(line);
            String name = golden.get("name").asText();
            if (!name.endsWith(REQUEST)) continue;
            String api = name.substring(0, name.length() - REQUEST.length());
            byte[] bytes = Base64.getDecoder().decode(golden.get("bytes").asText());
            String key = String.format("%s/%02d", api, golden.get("version").asInt());
            if (bytes.length > MAX_BYTES) continue;
            requests.computeIfAbsent(key, k -> new ArrayList<>()).add(bytes);
        }
        for (Map.Entry<String, List<byte[]>> each : requests.entrySet()) {
            String[] key = each.getKey().split("/");
            each.getValue().sort(Comparator.comparingInt((byte[] bytes) -> -bytes.length));
            for (byte[] request : each.getValue()) {
                short version = Short.parseShort(key[1]);
                if (!print(key[0], version, request, ERROR)) continue;
                for (Errors error : Errors.values()) {
                    if (isSpecial(key[0], version, request, error)) print(key[0], version, request, error);
                }
                break;
            }
        }
    }

    private static boolean isSpecial(String api, short version, byte[] request, Errors error) {
        if (error == Errors.NONE || error == Errors.UNKNOWN_SERVER_ERROR || error == ERROR) return false;
        String usual = text(refusal(api, version, request, ERROR), ERROR);
        return !usual.equals(text(refusal(api, version, request, error), error));
    }

    /** Without the code and what says the same. */
    private static String text(AbstractResponse response, Errors error) {
        if (response == null) return null;
        return response.data().toString()
            .replace("'" + error.message() + "'", "null")
            .replaceAll("(rrorCode=)" + error.code() + "\\b", "$1");
    }

    /** Of requests that can't be real (records that are null) Kafka may have nothing to say. */
    private static boolean print(String api, short version, byte[] request, Errors error) {
        AbstractResponse response;
        try {
            response = refusal(api, version, request, error);
        } catch (RuntimeException e) {
            System.err.println(api + " v" + version + ": " + e);
            return false;
        }
        ObjectNode line = JSON.createObjectNode();
        line.put("api", api);
        line.put("version", version);
        line.put("error", error.code());
        line.put("request", Base64.getEncoder().encodeToString(request));
        if (response == null) {
            line.putNull("response");
        } else {
            ByteBuffer bytes = MessageUtil.toByteBufferAccessor(response.data(), version).buffer();
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            line.put("response", Base64.getEncoder().encodeToString(copy));
        }
        System.out.println(line);
        return true;
    }

    private static AbstractResponse refusal(String api, short version, byte[] request, Errors error) {
        ApiKeys key = null;
        for (ApiKeys each : ApiKeys.values()) {
            if (each.name.equals(api)) key = each;
        }
        if (key == null) throw new IllegalArgumentException("no such API");
        ByteBufferAccessor bytes = new ByteBufferAccessor(ByteBuffer.wrap(request));
        return AbstractRequest.parseRequest(key, version, bytes).request
            .getErrorResponse(0, error.exception());
    }
}
