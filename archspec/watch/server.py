"""The preview's server: loopback only, one page and its events behind a secret, nothing else.

A page from elsewhere that makes its own name point to 127.0.0.1 (DNS rebinding) sends its name in `Host` and is turned
away; another program of this machine does not know the token.
"""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

from archspec.diagnostics import UsageError
from archspec.watch.preview import State

HOST = "127.0.0.1"
HEARTBEAT = 15.0
"""Seconds after which a silent connection is spoken on, to learn that the reader has gone."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Board:
    """Where the latest state hangs: one thread posts it, those of the readers wait for the next."""

    def __init__(self, state: State) -> None:
        self.state: State = state
        self.closed = False
        self._changed = Condition()

    def post(self, state: State) -> None:
        """Show another state, and wake all who wait."""
        with self._changed:
            self.state = state
            self._changed.notify_all()

    def close(self) -> None:
        """Send everybody home."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def wait(self, seen: State | None) -> State | None:
        """The state as soon as it is another than the one seen; None after a while of silence."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self.state is not seen, HEARTBEAT)
            return self.state if self.state is not seen else None


class Server(ThreadingHTTPServer):
    """Serves a board until `stop`. UsageError where the port is taken."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, board: Board, port: int = 0) -> None:
        self.board = board
        self.token = secrets.token_urlsafe(24)
        try:
            super().__init__((HOST, port), Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"cannot listen on port {port}: {reason}", "--port 0 takes any free one") from None
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def start(self) -> None:
        """Serve in a thread of its own."""
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def stop(self) -> None:
        """End all connections and give the port back."""
        self.board.close()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away in the middle is no error."""


class Handler(BaseHTTPRequestHandler):
    """Answers GET for the page and for its events, and refuses everything else."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "archspec", ""

    def do_GET(self) -> None:
        """The page at the token, its events below."""
        if not self._is_ours():
            return self._refuse(HTTPStatus.FORBIDDEN)
        token, _, rest = self.path.removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()) or rest not in ("", "events"):
            return self._refuse(HTTPStatus.NOT_FOUND)
        return self._events() if rest else self._page()

    def _is_ours(self) -> bool:
        origin = self.headers.get("Origin")
        return self.headers.get("Host") in self.server.hosts and (
            origin is None or origin.removeprefix("http://") in self.server.hosts
        )

    def _page(self) -> None:
        data = self.server.board.state.page.encode()
        self._begin(HTTPStatus.OK, "text/html; charset=utf-8", len(data))
        self.wfile.write(data)

    def _events(self) -> None:
        """Server-sent events: the state now, and each one that follows, until either side leaves."""
        self.close_connection = True
        self._begin(HTTPStatus.OK, "text/event-stream")
        seen: State | None = None
        while not self.server.board.closed:
            state = self.server.board.wait(seen)
            if state is None:
                self.wfile.write(b": still here\n\n")
            else:
                told = {"version": state.version, "trouble": state.trouble, "failed": state.failed}
                self.wfile.write(f"data: {json.dumps(told)}\n\n".encode())
                seen = state
            self.wfile.flush()

    def _refuse(self, status: HTTPStatus) -> None:
        data = f"{status.value} {status.phrase}\n".encode()
        self._begin(status, "text/plain; charset=utf-8", len(data))
        self.wfile.write(data)

    def _begin(self, status: HTTPStatus, kind: str, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **HEADERS}.items():
            self.send_header(name, value)
        self.send_header(
            "Connection" if length is None else "Content-Length", "close" if length is None else str(length)
        )
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal belongs to the diagnostics."""
