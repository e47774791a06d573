import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Time;

/**
 * Writes what Apache Kafka 3.9 makes of the versions that 4.x dropped: with "messages", requests and
 * responses in the form of messages.jsonl; with "sets", message sets of formats 0 and 1, and what it
 * converts batches down to. Wants kafka-clients 3.9 and what that depends on, with jackson-databind:
 *
 * <pre>
 * java -cp "$KAFKA_3_9/*" test/golden/GoldenLegacy.java messages > test/golden/legacy-messages.jsonl
 * java -cp "$KAFKA_3_9/*" test/golden/GoldenLegacy.java sets > test/golden/legacy-sets.jsonl
 * </pre>
 */
public final class GoldenLegacy {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final long MAX_SAFE = (1L << 53) - 1;
    private static final long TIME = 1_700_000_000_000L;
    private static final int CASES = 5;
    private static final Object[][] DROPPED = {
        {"CreateTopics", 1}, {"DeleteTopics", 0}, {"DescribeConfigs", 0}, {"DescribeLogDirs", 0}, {"Fetch", 3},
        {"ListOffsets", 0}, {"OffsetCommit", 1}, {"OffsetFetch", 0}, {"OffsetForLeaderEpoch", 1}, {"Produce", 2},
    };

    private final Random random;

    private GoldenLegacy(long seed) {
        random = new Random(seed);
    }

    public static void main(String[] args) throws Exception {
        if (args[0].equals("sets")) {
            sets();
            return;
        }
        for (Object[] dropped : DROPPED) {
            for (String kind : List.of("Request", "Response")) {
                for (short version = 0; version <= (int) dropped[1]; version++) messages(dropped[0] + kind, version);
            }
        }
    }

    private static void messages(String name, short version) throws Exception {
        Class<?> type = Class.forName("org.apache.kafka.common.message." + name + "Data");
        Class<?> converter = Class.forName(type.getName() + "JsonConverter");
        Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
        GoldenLegacy values = new GoldenLegacy((name + version).hashCode());
        for (int i = 0; i < CASES; i++) {
            ObjectNode value = values.struct(schemas[version]);
            Message message =
                (Message) converter.getMethod("read", JsonNode.class, short.class).invoke(null, value, version);
            ObjectSerializationCache cache = new ObjectSerializationCache();
            ByteBuffer bytes = ByteBuffer.allocate(message.size(cache, version));
            message.write(new ByteBufferAccessor(bytes), cache, version);
            ObjectNode line = new ObjectNode(JSON);
            line.put("name", name).put("version", version);
            line.set("value", withText(value));
            line.put("bytes", Base64.getEncoder().encodeToString(bytes.array()));
            System.out.println(line);
        }
    }

    private ObjectNode struct(Schema schema) {
        ObjectNode out = new ObjectNode(JSON);
        for (BoundField field : schema.fields()) out.set(camelCase(field.def.name), value(field.def.type));
        return out;
    }

    private JsonNode value(Type type) {
        if (type.isNullable() && random.nextInt(4) == 0) return NullNode.instance;
        if (type instanceof Schema) return struct((Schema) type);
        if (type.isArray()) {
            ArrayNode out = new ArrayNode(JSON);
            for (int i = random.nextInt(3); i > 0; i--) out.add(value(type.arrayElementType().orElseThrow()));
            return out;
        }
        switch (type.toString().replaceAll("^NULLABLE_", "")) {
            case "BOOLEAN": return BooleanNode.valueOf(random.nextBoolean());
            case "INT8": return new IntNode((byte) random.nextInt());
            case "INT16": return new IntNode((short) random.nextInt());
            case "INT32": return new IntNode(random.nextInt());
            case "INT64": return new LongNode(random.nextLong() % MAX_SAFE);
            case "STRING": return new TextNode("text-" + random.nextInt(1000));
            case "RECORDS": return new BinaryNode(bytes(random.nextInt(40)));
            default: throw new IllegalArgumentException(type.toString());
        }
    }

    private byte[] bytes(int count) {
        byte[] out = new byte[count];
        random.nextBytes(out);
        return out;
    }

    private static JsonNode withText(JsonNode node) {
        if (node instanceof LongNode) return new TextNode(node.asText());
        if (node instanceof ArrayNode) {
            ArrayNode out = new ArrayNode(JSON);
            node.forEach(element -> out.add(withText(element)));
            return out;
        }
        if (!(node instanceof ObjectNode)) return node;
        ObjectNode out = new ObjectNode(JSON);
        node.fields().forEachRemaining(field -> out.set(field.getKey(), withText(field.getValue())));
        return out;
    }

    private static String camelCase(String snake) {
        StringBuilder out = new StringBuilder();
        for (String word : snake.split("_")) {
            out.append(out.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return out.toString();
    }

    private static void sets() {
        for (CompressionType type : CompressionType.values()) {
            if (type == CompressionType.ZSTD) continue;
            for (byte magic = 0; magic < 2; magic++) {
                for (TimestampType timestamps : List.of(TimestampType.CREATE_TIME, TimestampType.LOG_APPEND_TIME)) {
                    MemoryRecords records = records(magic, type, timestamps);
                    print("set", magic, type, timestamps, bytesOf(records), null);
                    MemoryRecords batches = records((byte) 2, type, timestamps);
                    ByteBuffer converted = ((MemoryRecords) batches.downConvert(magic, 42, Time.SYSTEM).records()).buffer();
                    byte[] bytes = new byte[converted.remaining()];
                    converted.get(bytes);
                    print("converted", magic, type, timestamps, bytes, bytesOf(batches));
                }
            }
        }
    }

    /** Two batches, or what they come to in old formats: three records from offset 40, one at 50. */
    private static MemoryRecords records(byte magic, CompressionType type, TimestampType timestamps) {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        MemoryRecordsBuilder first = builder(buffer, magic, type, timestamps, 40);
        Header[] headers = magic < 2 ? new Header[0] : new Header[] {new RecordHeader("h", utf8("x"))};
        for (int i = 0; i < 3; i++) {
            first.appendWithOffset(40 + i, TIME + 10 - i, utf8("key-" + i), utf8("value-" + "v".repeat(50 * i)), headers);
        }
        first.close();
        MemoryRecordsBuilder second = builder(buffer, magic, type, timestamps, 50);
        second.appendWithOffset(50, TIME + 20, null, (byte[]) null);
        second.close();
        buffer.flip();
        return MemoryRecords.readableRecords(buffer);
    }

    private static MemoryRecordsBuilder builder(
            ByteBuffer buffer, byte magic, CompressionType type, TimestampType timestamps, long baseOffset) {
        return MemoryRecords.builder(buffer, magic, Compression.of(type).build(), timestamps, baseOffset, TIME + 999);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytesOf(MemoryRecords records) {
        byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().duplicate().get(bytes);
        return bytes;
    }

    private static void print(
            String kind, byte magic, CompressionType type, TimestampType timestamps, byte[] bytes, byte[] from) {
        ObjectNode line = new ObjectNode(JSON);
        line.put("kind", kind).put("magic", magic).put("compression", type.id);
        line.put("appendTime", timestamps == TimestampType.LOG_APPEND_TIME);
        line.put("bytes", Base64.getEncoder().encodeToString(bytes));
        if (from != null) line.put("batches", Base64.getEncoder().encodeToString(from));
        System.out.println(line);
    }
}
