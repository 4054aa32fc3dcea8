"""Notifications: what is due, kept in PostgreSQL, and how it is sent."""
