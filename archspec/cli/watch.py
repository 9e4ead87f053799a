"""`archspec watch`: a page that shows a spec as it is being written."""

from __future__ import annotations

import time
import webbrowser
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import suppress

from archspec.backends.page import LEVELS
from archspec.cli.command import FINE, STDIN, Command
from archspec.cli.sources import add_spec, load
from archspec.cli.terminal import Terminal
from archspec.diagnostics import SpecError, UsageError
from archspec.watch.files import changed, fingerprint
from archspec.watch.preview import Look, first_state, look, next_state
from archspec.watch.server import Board, Server

RETRY = 1.0
"""Seconds after which wrong specs are looked at again: a file that they miss may have come to be."""


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True, piped=False)
    parser.add_argument("--port", type=int, default=0, help="the port on loopback; any free one by default")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument(
        "--level",
        choices=LEVELS,
        default="block",
        help="what is unfolded at first: nothing (stage), stages (block), equal units too (unit), or all (layer)",
    )


def _run(args: Namespace, terminal: Terminal) -> int:
    if any(source.partition("@")[0] == STDIN for source in args.specs):
        raise UsageError("standard input cannot be watched", "name a file")
    if not 0 <= args.port <= 65535:
        raise UsageError(f"there is no port {args.port}", "a port is a number up to 65535; 0 stands for any free one")
    for source in args.specs:
        with suppress(SpecError):  # a mistake in a spec is shown; in the call it ends here
            load(source, args)
    board = Board(first_state(args.level))
    server = Server(board, args.port)
    server.start()
    terminal.say(f"watching at {server.address} (Ctrl-C ends)")
    terminal.out.flush()
    try:
        if args.open:
            webbrowser.open(server.address)
        for found, took in _looks(args, board):
            _tell(found, took, terminal)
    except KeyboardInterrupt:
        terminal.remark("")
    finally:
        server.stop()
    return FINE


def _looks(args: Namespace, board: Board) -> Iterator[tuple[Look, float]]:
    """Look at the specs, show what is found, wait for a change; for ever. What says nothing new is passed over."""
    seen = fingerprint(())
    told: str | None = None
    while True:
        start = time.perf_counter()
        found = look(args.specs, lambda source: load(source, args))
        if not found.failed or found.trouble() != told:
            board.post(next_state(board.state, found, args.level))
            yield found, time.perf_counter() - start
        told = found.trouble() if found.failed else None
        # What was known before the look is compared with its text of then: a save in between is not missed.
        seen = fingerprint(found.files - seen.keys()) | {file: seen[file] for file in found.files & seen.keys()}
        seen = changed(seen, RETRY if found.failed else None)


def _tell(found: Look, took: float, terminal: Terminal) -> None:
    if found.diagnostics or found.complaint:
        terminal.err.write(found.trouble(terminal.color_err))
    if not found.failed:
        terminal.remark(f"drawn in {took * 1e3:.0f} ms: {found.summary()}")
    terminal.err.flush()


COMMAND = Command(
    "show a spec in the browser as it is being written, with its mistakes",
    "archspec watch my_network.yaml --open", _arguments, _run,
)  # fmt: skip
