package shop;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands in for the payment provider: charges an order once, and fails when told to. */
final class FakeGateway implements Gateway {
  /** Amounts by order id. */
  final Map<String, Integer> charges = new ConcurrentHashMap<>();
  /** How often it was called. */
  final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();

  void failNext(int times) {
    failures.set(times);
  }

  @Override
  public String charge(Order order) {
    calls.incrementAndGet();
    if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new IllegalStateException("the gateway is busy");
    }
    charges.putIfAbsent(order.id(), order.amount());
    return "receipt-" + order.id();
  }
}
