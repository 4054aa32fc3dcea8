"""PostgreSQL: how every process connects, and what it does while it can't."""
