"""Routing: who is told of an alert, when, and in what words. Each operator is pure."""
