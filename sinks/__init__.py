"""PostgreSQL writers, retention and migrations."""
