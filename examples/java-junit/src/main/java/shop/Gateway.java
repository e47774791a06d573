package shop;

/** The payment provider. */
public interface Gateway {
  /**
   * Charges an order once, however often it is called for it.
   *
   * @return the receipt
   * @throws RuntimeException when that doesn't work now
   */
  String charge(Order order);
}
