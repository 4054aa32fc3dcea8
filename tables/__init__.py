"""Changelog-backed state and its codecs."""
