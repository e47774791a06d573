package shop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/** Takes orders: each is written to Kafka once, however often its request has to be repeated. */
public final class OrderDesk implements AutoCloseable {
  private final ObjectMapper json = new ObjectMapper();
  private final KafkaProducer<String, String> producer;

  /** The producer is idempotent, as it is since Kafka 3.0 unless it is told otherwise. */
  public OrderDesk(Map<String, Object> config) {
    producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  /**
   * Returns when the order is safely in Kafka.
   *
   * @throws KafkaException when it can't be
   */
  public void place(Order order) throws InterruptedException {
    try {
      String value = json.writeValueAsString(order);
      producer.send(new ProducerRecord<>(Topics.ORDERS, order.id(), value)).get();
    } catch (ExecutionException e) {
      throw new KafkaException("order " + order.id() + " was not written", e.getCause());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
