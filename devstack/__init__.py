"""Embedded Kafka and PostgreSQL for `make run` and the tests."""
