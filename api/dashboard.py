"""Serves the built dashboard; any path that is no file is the app's own."""

from pathlib import Path
from typing import Final

from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from api.problems import not_found
from pipeline.settings import Settings

BUILT: Final = Path(__file__).parents[1] / "dashboard" / "dist"
ASSETS: Final = "/static/"
"""Vite names what is below by its content, so it may be kept for ever."""

_NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<title>Tidemark</title><body style="font:16px/1.5 system-ui;margin:4rem auto;max-width:40rem">
<h1>Tidemark is running</h1>
<p>The dashboard is not built yet:</p>
<pre>cd dashboard &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>The <a href="/api/docs">API</a> and the WebSocket are there already.</p></body></html>
"""


class Dashboard:
    """An ASGI app over a folder of files.

    Raises:
        Refusal: for anything but GET and HEAD, and for a missing file of the app.
    """

    def __init__(self, settings: Settings) -> None:
        self._root = settings.dashboard_dir or BUILT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file, or the app's page."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        path: str = scope["path"]
        if scope["method"] not in {"GET", "HEAD"} or path.startswith("/api/"):
            raise not_found(f"there is nothing at {path}")
        scope["tidemark.route"] = "dashboard"
        response = await self._response(path, scope)
        await response(scope, receive, send)

    async def _response(self, path: str, scope: Scope) -> Response:
        index = self._root / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, 503 if path != "/" else 200)
        files = StaticFiles(directory=self._root)
        try:
            _, found = files.lookup_path(path.lstrip("/"))
        except (ValueError, OSError):
            # No file can have such a name: it holds U+0000, or is too long.
            raise not_found("there is nothing at this path") from None
        if found is not None and Path(path).suffix:
            response = await files.get_response(path.lstrip("/"), scope)
            kept = "public, max-age=31536000, immutable" if path.startswith(ASSETS) else "no-cache"
            response.headers["Cache-Control"] = kept
            return response
        if Path(path).suffix and path.startswith(ASSETS):
            raise not_found(f"there is no file {path}")
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
