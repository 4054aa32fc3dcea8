"""OpenAPI and AsyncAPI, made from the types and the table of endpoints."""
