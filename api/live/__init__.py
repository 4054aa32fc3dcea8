"""From Kafka to sockets: the feed, the subscription index and each client's outbox."""
