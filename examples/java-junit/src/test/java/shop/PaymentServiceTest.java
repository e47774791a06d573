package shop;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import samsa.SamsaExtension;

@Timeout(60)
class PaymentServiceTest {
  @RegisterExtension
  static final SamsaExtension samsa =
      new SamsaExtension("--clock", "virtual")
          .seed(
              """
              {"topics": {"orders": {}, "orders.retry": {}, "orders.dead-letter": {}, "payments": {}}}
              """);

  private static final Order ORDER = new Order("o-1", 42);
  private static final List<Payment> PAID = List.of(new Payment("o-1", 42, "receipt-o-1"));
  private static final long ENDING_SECONDS = 30;

  private final ObjectMapper json = new ObjectMapper();
  private final FakeGateway gateway = new FakeGateway();
  private OrderDesk desk;
  private PaymentService service;
  private CompletableFuture<Void> serviceEnds;

  @BeforeEach
  void openShop() {
    Map<String, Object> config = new HashMap<>(samsa.clientConfig());
    config.put("request.timeout.ms", 1000);
    desk = new OrderDesk(config);
    startService();
  }

  private void startService() {
    service = new PaymentService(samsa.clientConfig(), gateway, "payment-0");
    serviceEnds = CompletableFuture.runAsync(service);
    samsa.waitForAssignment(PaymentService.GROUP_ID);
  }

  @AfterEach
  void closeShop() {
    desk.close();
    service.stop();
    serviceEnds.join();
  }

  /** The orders are dealt with: what they led to was committed together with their offsets. */
  private static void waitUntilDealtWith(int orders) {
    samsa.waitForCommit(PaymentService.GROUP_ID, Topics.ORDERS, orders);
  }

  /** What consumers see of a topic, when there are so many messages or more. */
  private <T> List<T> seenIn(String topic, int count, Class<T> type) throws JsonProcessingException {
    List<T> seen = new ArrayList<>();
    for (JsonNode record : samsa.waitForMessages(topic, count)) {
      seen.add(json.readValue(record.get("value").asText(), type));
    }
    return seen;
  }

  private void assertPaidOnce() throws JsonProcessingException {
    assertEquals(PAID, seenIn(Topics.PAYMENTS, 1, Payment.class));
  }

  @Test
  void anOrderIsPaid() throws Exception {
    desk.place(ORDER);
    waitUntilDealtWith(1);
    assertPaidOnce();
    assertEquals(Map.of("o-1", 42), gateway.charges);
  }

  @Test
  void anOrderWhosePaymentFailsIsTriedAgain() throws Exception {
    gateway.failNext(2);
    desk.place(ORDER);
    assertPaidOnce();
    assertEquals(List.of(ORDER, ORDER), seenIn(Topics.RETRIES, 2, Order.class));
    assertEquals(3, gateway.calls.get());
  }

  @Test
  void anOrderThatCanNeverBePaidIsADeadLetter() throws Exception {
    gateway.failNext(3);
    desk.place(ORDER);
    JsonNode letter = samsa.waitForMessages(Topics.DEAD_LETTERS, 1).get(0);
    String headers =
        """
        [{"name": "attempts", "value": "3"}, {"name": "error", "value": "the gateway is busy"}]""";
    assertEquals(json.readTree(headers), letter.get("headers"));
    assertEquals(List.of(), samsa.records(Topics.PAYMENTS));
  }

  @Test
  void aMessageThatIsNoOrderIsADeadLetterAndHoldsUpNothing() throws Exception {
    samsa.post("/topics/orders/records", Map.of("records", List.of(Map.of("value", "not JSON"))));
    desk.place(ORDER);
    waitUntilDealtWith(2);
    JsonNode letter = samsa.waitForMessages(Topics.DEAD_LETTERS, 1).get(0);
    assertEquals("not JSON", letter.get("value").asText());
    assertPaidOnce();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          the leader of the partition moves      | {"kind": "error", "api": "Produce", "topic": "orders", "error": "NOT_LEADER_OR_FOLLOWER", "times": 2}
          the answer to the order is lost        | {"kind": "disconnect", "api": "Produce", "topic": "orders", "when": "after", "once": true}
          the answer to the order comes too late | {"kind": "delay", "api": "Produce", "topic": "orders", "when": "after", "ms": 1500, "once": true}
          the broker throttles                   | {"kind": "throttle", "api": "Produce", "ms": 200, "times": 2}
          the order arrives corrupted            | {"kind": "corrupt", "topic": "orders", "once": true}
          the coordinator of transactions moves  | {"kind": "error", "api": "EndTxn", "error": "NOT_COORDINATOR", "times": 2}
          the coordinator of the group moves     | {"kind": "error", "api": "TxnOffsetCommit", "error": "NOT_COORDINATOR", "times": 2}
          the transaction breaks half-way        | {"kind": "error", "api": "TxnOffsetCommit", "error": "STALE_MEMBER_EPOCH", "once": true}
          the answer to the commit is lost       | {"kind": "disconnect", "api": "EndTxn", "when": "after", "once": true}
          """)
  void anOrderIsPaidOnceThough(String name, String spec) throws Exception {
    SamsaExtension.Fault fault = samsa.fault(spec);
    desk.place(ORDER);
    waitUntilDealtWith(1);
    assertEquals(List.of(ORDER), seenIn(Topics.ORDERS, 1, Order.class));
    assertPaidOnce();
    assertTrue(fault.hits() > 0, "it has struck");
  }

  @Test
  void theBrokerGoesDownAndComesBack() throws Exception {
    SamsaExtension.Fault down = samsa.fault("{\"kind\": \"down\"}");
    var placed = CompletableFuture.runAsync(() -> assertDoesNotThrow(() -> desk.place(ORDER)));
    down.stop();
    placed.join();
    waitUntilDealtWith(1);
    assertPaidOnce();
  }

  @Test
  void theSessionOfTheServiceExpires() throws Exception {
    samsa.advanceClock("2m");
    samsa.waitForAssignment(PaymentService.GROUP_ID);
    desk.place(ORDER);
    waitUntilDealtWith(1);
    assertPaidOnce();
    JsonNode refused = samsa.get("/journal?api=ConsumerGroupHeartbeat&error=UNKNOWN_MEMBER_ID");
    assertTrue(refused.get("entries").size() > 0, "it was told that it is no member any more");
  }

  @Test
  void writingIsForbidden() throws Exception {
    samsa.fault(
        """
        {"kind": "error", "api": "Produce", "topic": "orders", "error": "TOPIC_AUTHORIZATION_FAILED"}
        """);
    var failure = assertThrows(KafkaException.class, () -> desk.place(ORDER));
    assertInstanceOf(TopicAuthorizationException.class, failure.getCause());
    assertEquals(List.of(), samsa.records(Topics.ORDERS));
  }

  @Test
  void anotherInstanceTakesOver() throws Exception {
    samsa.fenceProducer("payment-0");
    desk.place(ORDER);
    var failure =
        assertThrows(
            ExecutionException.class, () -> serviceEnds.get(ENDING_SECONDS, TimeUnit.SECONDS));
    assertInstanceOf(KafkaException.class, failure.getCause());
    assertEquals(List.of(), samsa.records(Topics.PAYMENTS));
    startService();
    waitUntilDealtWith(1);
    assertPaidOnce();
  }
}
