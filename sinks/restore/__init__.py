"""What Kafka knows that a restored backup does not."""
