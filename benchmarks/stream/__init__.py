"""Events through state to alerts, beside other stream processors on the same Kafka."""
