"""Faust app, settings and topics; `operators` holds the pure functions."""
