package shop;

public record Payment(String orderId, int amount, String receipt) {}
