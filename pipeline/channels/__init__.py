"""Channels: what an address means, what may be shown of it, how it is kept."""
