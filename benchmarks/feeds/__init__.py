"""How much CPU the feeds' parsers take for documents of 4 MiB."""
