"""Alerts, history and trends as files, streamed row by row."""
