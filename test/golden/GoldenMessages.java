import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.NullableSchema;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/**
 * Writes what Apache Kafka's own serialisers make of every message in every version, one JSON line a
 * case: name, version, the fields' values, the bytes. The values come from a seed. 64-bit numbers are
 * JSON strings, and stay within what a double holds exactly.
 *
 * <pre>
 * javac -cp "$KAFKA/libs/*" -d /tmp/golden test/golden/GoldenMessages.java
 * java -cp "/tmp/golden:$KAFKA/libs/*" GoldenMessages "$KAFKA/libs" > test/golden/messages.jsonl
 * </pre>
 */
public final class GoldenMessages {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final long MAX_SAFE = (1L << 53) - 1;
    /** Cases a version, besides the message of defaults. */
    private static final int CASES = 5;

    private final Random random;

    private GoldenMessages(long seed) {
        random = new Random(seed);
    }

    public static void main(String[] args) throws Exception {
        for (Map.Entry<String, Class<?>> each : messageClasses(Path.of(args[0])).entrySet()) {
            write(each.getKey(), each.getValue());
        }
    }

    /** The message classes, which are those that have a JSON converter, by message name. */
    private static Map<String, Class<?>> messageClasses(Path libs) throws Exception {
        Map<String, Class<?>> classes = new TreeMap<>();
        for (Path jar : jars(libs)) {
            try (JarFile file = new JarFile(jar.toFile())) {
                for (JarEntry entry : file.stream().toList()) {
                    String path = entry.getName();
                    if (!path.matches("org/apache/kafka/[a-z/]*/[A-Z]\\w*JsonConverter\\.class")) continue;
                    String name = path.replaceAll("JsonConverter\\.class$", "").replace('/', '.');
                    if (path.startsWith("org/apache/kafka/connect/")) continue;
                    Class<?> type = Class.forName(name);
                    String simple = type.getSimpleName();
                    classes.put(simple.replaceAll("(Request|Response|Header)Data$", "$1"), type);
                }
            }
        }
        return classes;
    }

    private static List<Path> jars(Path libs) throws IOException {
        try (Stream<Path> files = Files.list(libs)) {
            return files.filter(file -> file.getFileName().toString().matches("kafka-.*\\.jar")).sorted().toList();
        }
    }

    private static void write(String name, Class<?> type) throws Exception {
        Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
        Class<?> converter = Class.forName(type.getName() + "JsonConverter");
        for (short version = 0; version < schemas.length; version++) {
            if (schemas[version] == null) continue;
            GoldenMessages values = new GoldenMessages((name + version).hashCode());
            writeDefaults(name, version, type, converter);
            for (int i = 0; i < CASES; i++) {
                ObjectNode value = values.struct(schemas[version]);
                Message message = (Message) call(converter, value, version);
                if (i > 0 && isFlexible(schemas[version])) values.addUnknownTags(message, value);
                print(name, version, withText(value), message);
            }
        }
    }

    /** The message as its constructor leaves it, unless it has a field that must be given. */
    private static void writeDefaults(String name, short version, Class<?> type, Class<?> converter)
            throws Exception {
        Message message = (Message) type.getConstructor().newInstance();
        JsonNode value;
        try {
            value = (JsonNode) converter.getMethod("write", type, short.class, boolean.class)
                .invoke(null, message, version, true);
            MessageUtil.toByteBufferAccessor(message, version);
        } catch (NullPointerException | InvocationTargetException e) {
            return;
        }
        print(name, version, withText(value), message);
    }

    private static Object call(Class<?> converter, JsonNode value, short version) throws Exception {
        return converter.getMethod("read", JsonNode.class, short.class).invoke(null, value, version);
    }

    private static void print(String name, short version, JsonNode value, Message message) {
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor(message, version).buffer();
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        ObjectNode line = new ObjectNode(JSON);
        line.put("name", name);
        line.put("version", version);
        line.set("value", value);
        line.put("bytes", Base64.getEncoder().encodeToString(copy));
        System.out.println(line);
    }

    /** The same tree with 64-bit numbers as text. */
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

    private static boolean isFlexible(Schema schema) {
        BoundField[] fields = schema.fields();
        return fields.length > 0 && fields[fields.length - 1].def.type instanceof TaggedFields;
    }

    private void addUnknownTags(Message message, ObjectNode value) {
        ArrayNode tags = new ArrayNode(JSON);
        for (int tag : new int[] {200, 10_000}) {
            byte[] data = bytes();
            message.unknownTaggedFields().add(new RawTaggedField(tag, data));
            tags.addObject().put("tag", tag).put("data", data);
        }
        value.set("unknownTags", tags);
    }

    private ObjectNode struct(Schema schema) {
        ObjectNode out = new ObjectNode(JSON);
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields) tagged((TaggedFields) field.def.type, out);
            else out.set(camelCase(field.def.name), value(field.def.type));
        }
        return out;
    }

    private void tagged(TaggedFields section, ObjectNode out) {
        for (Field field : section.fields().values()) {
            if (random.nextInt(4) > 0) out.set(camelCase(field.name), value(field.type));
        }
    }

    private JsonNode value(Type type) {
        if (type.isNullable() && random.nextInt(4) == 0) return NullNode.instance;
        if (type instanceof Schema) return struct((Schema) type);
        if (type.isArray()) return array(type.arrayElementType().orElseThrow());
        switch (type.toString().replaceAll("^(COMPACT_)?(NULLABLE_)?", "")) {
            case "BOOLEAN": return BooleanNode.valueOf(random.nextBoolean());
            case "INT8": return new IntNode((byte) random.nextInt());
            case "INT16": return new IntNode((short) random.nextInt());
            case "UINT16": return new IntNode(random.nextInt(1 << 16));
            case "INT32": return new IntNode(random.nextInt());
            case "UINT32": return new LongNode(random.nextInt() & 0xffffffffL);
            case "INT64": return new LongNode(random.nextLong() % MAX_SAFE);
            case "FLOAT64": return new DoubleNode(random.nextGaussian() * 1e9);
            case "UUID": return new TextNode(new Uuid(random.nextLong(), random.nextLong()).toString());
            case "STRING": return new TextNode(string());
            case "BYTES": return new BinaryNode(bytes());
            case "RECORDS": return new BinaryNode(bytes());
            default: throw new IllegalArgumentException(type.toString());
        }
    }

    private ArrayNode array(Type element) {
        ArrayNode out = new ArrayNode(JSON);
        for (int i = random.nextInt(3); i > 0; i--) out.add(value(element));
        return out;
    }

    /** Mostly short; some of it needs two, three or four bytes a character, or a long length prefix. */
    private String string() {
        String[] alphabets = {"abcdefghij-._0123", "äöüßéñ", "日本語", "🚀🦀"};
        String alphabet = alphabets[random.nextInt(10) < 7 ? 0 : random.nextInt(alphabets.length)];
        int[] characters = alphabet.codePoints().toArray();
        int length = random.nextInt(20) == 0 ? 100 + random.nextInt(60) : random.nextInt(12);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < length; i++) out.appendCodePoint(characters[random.nextInt(characters.length)]);
        return out.toString();
    }

    private byte[] bytes() {
        byte[] out = new byte[random.nextInt(10) == 0 ? 120 + random.nextInt(20) : random.nextInt(8)];
        random.nextBytes(out);
        return out;
    }

    private static String camelCase(String snake) {
        // The one name whose capitals the schema's snake case has lost.
        if (snake.startsWith("kraft_version")) return camelCase("k_" + snake.substring(1));
        StringBuilder out = new StringBuilder();
        for (String word : snake.split("_")) {
            out.append(out.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return out.toString();
    }
}
