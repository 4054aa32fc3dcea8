"""A seeded fuzzer of REST, of HTTP and of the WebSocket."""
