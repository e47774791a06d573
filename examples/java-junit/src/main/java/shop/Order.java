package shop;

public record Order(String id, int amount) {
  public Order {
    if (id == null || amount <= 0) {
      throw new IllegalArgumentException("an order has an id and an amount");
    }
  }
}
