package shop;

public final class Topics {
  public static final String ORDERS = "orders";
  /** Orders whose payment failed, to be tried again. */
  public static final String RETRIES = "orders.retry";
  /** Orders that can't be paid, for people to look at. */
  public static final String DEAD_LETTERS = "orders.dead-letter";
  public static final String PAYMENTS = "payments";

  private Topics() {}
}
