"""Thin Faust agents: stream -> operator -> table -> sink, one a file."""
