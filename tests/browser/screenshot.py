"""Show a comment (Markdown) or a report (HTML) as a reader sees it.

``python tests/browser/screenshot.py comment.md out.png`` needs node, npm and Chromium.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = HERE.parents[1] / ".cache" / "npm" / "browser"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
WIDTH = 900


def chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def install() -> None:
    """Install the pinned packages once; again when the lock file changes."""
    MODULES.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_bytes()
    done = MODULES / "installed-lock.json"
    if done.exists() and done.read_bytes() == lock:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, MODULES / name)
    subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=MODULES,
        check=True,
        capture_output=True,
    )
    done.write_bytes(lock)


def page_of(markdown: str) -> str:
    install()
    command = ["node", str(HERE / "page.mjs"), str(MODULES)]
    done = subprocess.run(command, input=markdown.encode(), check=True, capture_output=True)
    return done.stdout.decode()


def browse(page: str, *arguments: str, width: int = WIDTH, height: int = 3000) -> str:
    """Open ``page`` in a browser with a fresh profile and return what it prints."""
    binary = chromium()
    if binary is None:
        raise SystemExit("Chromium is not installed: apt-get install -y chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        command = [binary, *FLAGS, f"--user-data-dir={folder}/profile"]
        command += [f"--window-size={width},{height}", *arguments, source.as_uri()]
        done = subprocess.run(command, check=True, capture_output=True, timeout=120)
        return done.stdout.decode()


def measured(page: str, expression: str, *, width: int = WIDTH) -> object:
    """Evaluate a JavaScript expression in the page; its own policy against scripts is lifted."""
    open_page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    script = f"document.body.innerHTML = JSON.stringify({expression})"
    probe = open_page.replace("</body>", f"<script>{script}</script></body>")
    dumped = browse(probe, "--dump-dom", width=width)
    body = re.search(r"<body[^>]*>(.*?)</body>", dumped, re.DOTALL)
    return json.loads(html.unescape(body[1])) if body else None


def screenshot(page: str, target: Path, *, width: int = WIDTH, height: int = 0) -> None:
    """Take a picture of the whole page, or of its first ``height`` pixels."""
    tall = measured(page, "Math.ceil(document.body.getBoundingClientRect().bottom)", width=width)
    full = int(str(tall)) + 18
    browse(page, f"--screenshot={target.resolve()}", width=width, height=min(full, height or full))


def main(source: str, target: str, height: str = "0") -> None:
    text = Path(source).read_text(encoding="utf-8")
    page = text if source.endswith(".html") else page_of(text)
    screenshot(page, Path(target), height=int(height))


if __name__ == "__main__":
    main(*sys.argv[1:])
