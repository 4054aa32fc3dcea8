"""Every SQL statement that reads for REST and sockets, by noun."""
