"""Kafka as it is found: reachable, permitted, laid out as the state needs it, not ahead of us."""
