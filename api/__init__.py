"""The edge: REST, WebSocket hub, auth and queries."""
