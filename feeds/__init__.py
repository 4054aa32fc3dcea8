"""Adapters that turn other tools' output into metric events."""
