"""A folder over HTTP on this machine, text compressed as a web server would."""

from __future__ import annotations

import contextlib
import functools
import gzip
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPRESSED = {".css", ".html", ".ipynb", ".js", ".json", ".md", ".svg"}  # fonts and PNG are already


@functools.lru_cache(maxsize=512)
def _compress(path: Path, _changed: float) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)


class Handler(SimpleHTTPRequestHandler):
    """Static files with gzip, an hour of caching and connections that are kept."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a file, compressed if it is text and the browser takes that."""
        path = Path(self.translate_path(self.path))
        if path.is_dir() and self.path.endswith("/"):
            path /= "index.html"
        takes_gzip = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (takes_gzip and path.suffix in COMPRESSED and path.is_file()):
            super().do_GET()
            return
        body = _compress(path, path.stat().st_mtime)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def guess_type(self, path: str | Path) -> str:
        """Name the encoding of text, as web servers do."""
        kind = super().guess_type(path)
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    def end_headers(self) -> None:
        """Let the browser keep what it has."""
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder at a free port of this machine.

    Parameters
    ----------
    folder : Path
        What to serve.

    Yields
    ------
    str
        Its address, with a slash at the end; it is served until the context ends.
    """
    handler = functools.partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
