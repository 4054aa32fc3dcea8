"""Senders: one for each kind of channel."""
