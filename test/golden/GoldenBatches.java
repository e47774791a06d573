import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;

/**
 * Writes record batches as Apache Kafka builds them, one JSON line a batch: name, the bytes in base64.
 * What is in them, test/unit/protocol/records.test.ts knows under the same names.
 *
 * <p>java -cp "$KAFKA_HOME/*" test/golden/GoldenBatches.java > test/golden/batches.jsonl
 */
public class GoldenBatches {
    static final long TIME = 1_700_000_000_000L;
    static final Header[] NO_HEADERS = {};
    static int seed;

    public static void main(String[] args) {
        for (CompressionType type : CompressionType.values()) {
            small(type);
            nulls(type);
            headers(type);
            transactional(type);
            appendTime(type);
            if (type != CompressionType.NONE) {
                large(type);
                bulk(type);
            }
        }
        controls();
    }

    static MemoryRecordsBuilder builder(CompressionType type, long baseOffset) {
        return builder(type, TimestampType.CREATE_TIME, baseOffset, -1, (short) -1, -1, false);
    }

    static MemoryRecordsBuilder builder(CompressionType type, TimestampType timestampType, long baseOffset,
            long producerId, short epoch, int sequence, boolean transactional) {
        return MemoryRecords.builder(ByteBuffer.allocate(1024), (byte) 2, Compression.of(type).build(), timestampType,
            baseOffset, TIME + 999, producerId, epoch, sequence, transactional, 5);
    }

    static void print(String name, MemoryRecords records) {
        byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().duplicate().get(bytes);
        System.out.println("{\"name\":\"" + name + "\",\"batch\":\"" + Base64.getEncoder().encodeToString(bytes) + "\"}");
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static void small(CompressionType type) {
        MemoryRecordsBuilder builder = builder(type, 0);
        for (int i = 0; i < 3; i++) builder.append(TIME + 7 * i, bytes("key-" + i), bytes("value-" + i));
        print("small " + type.name, builder.build());
    }

    static void nulls(CompressionType type) {
        MemoryRecordsBuilder builder = builder(type, 1L << 40);
        builder.append(TIME, (byte[]) null, (byte[]) null);
        builder.append(TIME - 3_000_000_000L, bytes("key"), null);
        builder.append(-1, null, bytes("value"));
        builder.append(TIME, bytes(""), bytes(""));
        print("nulls " + type.name, builder.build());
    }

    static void headers(CompressionType type) {
        MemoryRecordsBuilder builder = builder(type, 0);
        Header[] headers = {
            new RecordHeader("h1", bytes("one")), new RecordHeader("h1", (byte[]) null),
            new RecordHeader("é", bytes("")), new RecordHeader("", bytes("no name"))
        };
        builder.append(TIME, bytes("a"), bytes("b"), headers);
        builder.append(TIME, bytes("c"), bytes("d"), NO_HEADERS);
        print("headers " + type.name, builder.build());
    }

    static void transactional(CompressionType type) {
        MemoryRecordsBuilder builder =
            builder(type, TimestampType.CREATE_TIME, 9, 4_000_000_001L, (short) 3, Integer.MAX_VALUE, true);
        builder.append(TIME, bytes("a"), bytes("b"));
        builder.append(TIME, bytes("c"), bytes("d"));
        print("transactional " + type.name, builder.build());
    }

    static void appendTime(CompressionType type) {
        MemoryRecordsBuilder builder = builder(type, TimestampType.LOG_APPEND_TIME, 9, -1, (short) -1, -1, false);
        builder.append(TIME, bytes("a"), bytes("b"));
        builder.append(TIME + 1, bytes("c"), bytes("d"));
        print("append time " + type.name, builder.build());
    }

    /** More than one chunk or block of every codec; the words come from a linear congruence. */
    static void large(CompressionType type) {
        seed = 1;
        MemoryRecordsBuilder builder = builder(type, 0);
        for (int i = 0; i < 40; i++) {
            StringBuilder value = new StringBuilder();
            for (int word = 0; word < 400; word++) value.append(Integer.toString(next() % 5000, 36)).append(' ');
            builder.append(TIME + i, bytes("key-" + i), bytes(value.toString()));
        }
        print("large " + type.name, builder.build());
    }

    static int next() {
        seed = (int) ((seed * 48271L) % 0x7fffffff);
        return seed;
    }

    /** One record of 2 MiB that compresses well: in zstd a frame that doesn't say how long it is. */
    static void bulk(CompressionType type) {
        byte[] value = new byte[2 * 1024 * 1024];
        for (int i = 0; i < value.length; i++) value[i] = (byte) (i % 251);
        MemoryRecordsBuilder builder = builder(type, 0);
        builder.append(TIME, null, value);
        print("bulk " + type.name, builder.build());
    }

    static void controls() {
        for (ControlRecordType type : List.of(ControlRecordType.ABORT, ControlRecordType.COMMIT)) {
            print(type.name(), MemoryRecords.withEndTransactionMarker(11, TIME, 5, 4_000_000_001L, (short) 3,
                new EndTransactionMarker(type, 77)));
        }
        Uuid directory = Uuid.fromString("Zm9vYmFyYmF6cXV4cXV1eA");
        // Kafka's builder writes this one in version 0 alone.
        print("LEADER_CHANGE", MemoryRecords.withLeaderChangeMessage(11, TIME, 5, ByteBuffer.allocate(256),
            new LeaderChangeMessage().setVersion((short) 0).setLeaderId(3).setVoters(List.of(voter(3), voter(4)))
                .setGrantingVoters(List.of(voter(3)))));
        print("SNAPSHOT_HEADER", MemoryRecords.withSnapshotHeaderRecord(0, TIME, 5, ByteBuffer.allocate(256),
            new SnapshotHeaderRecord().setVersion((short) 0).setLastContainedLogTimestamp(TIME)));
        print("SNAPSHOT_FOOTER", MemoryRecords.withSnapshotFooterRecord(1, TIME, 5, ByteBuffer.allocate(256),
            new SnapshotFooterRecord().setVersion((short) 0)));
        print("KRAFT_VERSION", MemoryRecords.withKRaftVersionRecord(1, TIME, 5, ByteBuffer.allocate(256),
            new KRaftVersionRecord().setVersion((short) 0).setKRaftVersion((short) 1)));
        VotersRecord.EndpointCollection endpoints = new VotersRecord.EndpointCollection();
        endpoints.add(new VotersRecord.Endpoint().setName("CONTROLLER").setHost("localhost").setPort(9093));
        print("KRAFT_VOTERS", MemoryRecords.withVotersRecord(1, TIME, 5, ByteBuffer.allocate(256),
            new VotersRecord().setVersion((short) 0).setVoters(List.of(new VotersRecord.Voter().setVoterId(3)
                .setVoterDirectoryId(directory).setEndpoints(endpoints)
                .setKRaftVersionFeature(new VotersRecord.KRaftVersionFeature()
                    .setMinSupportedVersion((short) 0).setMaxSupportedVersion((short) 1))))));
    }

    static LeaderChangeMessage.Voter voter(int id) {
        return new LeaderChangeMessage.Voter().setVoterId(id);
    }
}
