"""A server that refuses everything and repeats all it was sent, secrets too: the worst counterpart there is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import define, field


@define
class Echo:
    """Where it is, and what it was sent."""

    url: str = ""
    heard: list[str] = field(factory=list)


@contextmanager
def echoing() -> Iterator[Echo]:
    """Serve on a free loopback port until the block is left."""
    echo = Echo()

    class Speaker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _speak(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0)).decode(errors="replace")
            said = " ".join(f"{name}: {value}" for name, value in self.headers.items())
            echo.heard.append(f"{self.command} {self.path} {said} {body}")
            if "AWS4" in said:
                raw = f"<Error><Code>InvalidAccessKeyId</Code><Message>{said}</Message></Error>".encode()
            else:
                raw = json.dumps(
                    {"detail": said[:2000], "errors": [said], "message": said, "echo": body[:9000]}
                ).encode()
            self.send_response(403)
            self.send_header("Content-Type", "application/xml" if "AWS4" in said else "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_LIST = _speak  # noqa: N815  # the names http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Speaker)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    echo.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield echo
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
