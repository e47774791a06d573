package shop;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Has each order paid, and says so in {@code payments} exactly once. What fails is tried again by way
 * of {@code orders.retry}, and ends up in {@code orders.dead-letter} when that doesn't help.
 */
public final class PaymentService implements Runnable {
  public static final String GROUP_ID = "payment-service";
  private static final int MAX_ATTEMPTS = 3;
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long PAUSE_MS = 100;

  private final ObjectMapper json = new ObjectMapper();
  private final Map<String, Object> config;
  private final Gateway gateway;
  private final String transactionalId;
  private volatile boolean isStopping;

  /** @param transactionalId each running instance has its own, and keeps it when restarted */
  public PaymentService(Map<String, Object> config, Gateway gateway, String transactionalId) {
    this.config = config;
    this.gateway = gateway;
    this.transactionalId = transactionalId;
  }

  /** Lets {@link #run} come to its end. */
  public void stop() {
    isStopping = true;
  }

  /**
   * Works until {@link #stop}. When something fails it begins anew from what is committed: whether a
   * transaction was, whose answer is lost, needs no finding out that way.
   *
   * @throws ProducerFencedException another instance has taken over
   */
  @Override
  public void run() {
    while (!isStopping) {
      try {
        work();
      } catch (ProducerFencedException | InvalidProducerEpochException e) {
        throw e;
      } catch (KafkaException e) {
        pause();
      }
    }
  }

  private void work() {
    try (KafkaProducer<String, String> producer = newProducer();
        KafkaConsumer<String, String> consumer = newConsumer()) {
      // Ends what an earlier producer of this id has left open, and fences that one.
      producer.initTransactions();
      consumer.subscribe(List.of(Topics.ORDERS, Topics.RETRIES));
      while (!isStopping) {
        ConsumerRecords<String, String> records = consumer.poll(POLL);
        if (records.isEmpty()) continue;
        // Results and progress become visible together, or not at all.
        producer.beginTransaction();
        for (ConsumerRecord<String, String> record : records) producer.send(charge(record));
        producer.sendOffsetsToTransaction(records.nextOffsets(), consumer.groupMetadata());
        producer.commitTransaction();
      }
    }
  }

  /** @return what tells what has become of an order */
  private ProducerRecord<String, String> charge(ConsumerRecord<String, String> record) {
    Order order;
    try {
      order = json.readValue(record.value(), Order.class);
    } catch (JsonProcessingException e) {
      return failed(Topics.DEAD_LETTERS, record, 0, "no order");
    }
    try {
      Payment payment = new Payment(order.id(), order.amount(), gateway.charge(order));
      return new ProducerRecord<>(Topics.PAYMENTS, record.key(), json.writeValueAsString(payment));
    } catch (RuntimeException | JsonProcessingException e) {
      int attempts = attemptsOf(record) + 1;
      String topic = attempts < MAX_ATTEMPTS ? Topics.RETRIES : Topics.DEAD_LETTERS;
      return failed(topic, record, attempts, e.getMessage());
    }
  }

  private static ProducerRecord<String, String> failed(
      String topic, ConsumerRecord<String, String> record, int attempts, String error) {
    var failed = new ProducerRecord<>(topic, record.key(), record.value());
    failed.headers().add("attempts", String.valueOf(attempts).getBytes(UTF_8));
    failed.headers().add("error", error.getBytes(UTF_8));
    return failed;
  }

  private static int attemptsOf(ConsumerRecord<String, String> record) {
    Header attempts = record.headers().lastHeader("attempts");
    return attempts == null ? 0 : Integer.parseInt(new String(attempts.value(), UTF_8));
  }

  private KafkaProducer<String, String> newProducer() {
    Map<String, Object> more = new HashMap<>(config);
    more.put("transactional.id", transactionalId);
    return new KafkaProducer<>(more, new StringSerializer(), new StringSerializer());
  }

  private KafkaConsumer<String, String> newConsumer() {
    Map<String, Object> more = new HashMap<>(config);
    more.put("group.id", GROUP_ID);
    more.put("group.protocol", "consumer");
    more.put("auto.offset.reset", "earliest");
    more.put("enable.auto.commit", false);
    more.put("isolation.level", "read_committed");
    return new KafkaConsumer<>(more, new StringDeserializer(), new StringDeserializer());
  }

  private void pause() {
    try {
      Thread.sleep(PAUSE_MS);
    } catch (InterruptedException e) {
      isStopping = true;
    }
  }
}
