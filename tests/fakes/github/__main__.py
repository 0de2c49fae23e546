"""The stand-in as a process of its own."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path

from fakes.github import GitHubStandIn, example_world, persist


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m fakes.github")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state", type=Path, help="JSON file: read first, rewritten on change")
    parser.add_argument("--validate", action="store_true", help="against GitHub's description")
    options = parser.parse_args()
    state: Path | None = options.state
    world = persist.load(state) if state and state.exists() else example_world()
    referee = None
    if options.validate:
        from fakes.github.openapi import load_referee  # noqa: PLC0415

        referee = load_referee()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with GitHubStandIn(world, referee=referee, port=options.port) as github:
        if state:
            persist.save(world, state)
            github.after_write = lambda: persist.save(world, state)
        print(github.url, flush=True)  # noqa: T201
        stop.wait()
    if github.violations:
        raise SystemExit(json.dumps(github.violations, indent=1))


if __name__ == "__main__":
    main()
