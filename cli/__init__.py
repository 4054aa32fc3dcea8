"""The `tidemark` command: one subcommand a file."""
