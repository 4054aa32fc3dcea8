"""A server in the edge's place that answers as told and keeps what it took."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
OK: Answer = (202, {}, b'{"success":true,"data":[]}')


class Edge:
    """Serves on a free port from a thread."""

    def __init__(self) -> None:
        self.answer: Callable[[list[Any]], Answer] = lambda events: OK
        self.taken: list[Any] = []
        self.requests: list[BaseHTTPRequestHandler] = []
        edge = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                edge.requests.append(self)
                status, headers, body = edge.answer(events)
                if status < 300:
                    edge.taken += events
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def assets(self) -> set[str]:
        """The assets that were reported."""
        return {event["assetId"] for event in self.taken}

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
