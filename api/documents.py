"""Serves OpenAPI and AsyncAPI, and a page to read them."""

from starlette.routing import Route


def document_routes() -> list[Route]:
    """Return the routes of the documents."""
    return []
