"""What `tidemark doctor` looks at, one dependency a file."""
