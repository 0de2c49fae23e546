"""The comment as a page, for a browser."""

from __future__ import annotations

import re
from typing import Final

from mlgate.errors import ConfigError

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>mlgate: the comment</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 14px/1.5 system-ui, sans-serif; max-width: 880px; margin: 2rem auto;
       padding: 0 1rem; }}
blockquote {{ border-left: 4px solid #cf222e; margin: 0 0 1rem; padding: .25rem 1rem; }}
blockquote.TIP {{ border-color: #1a7f37; }} blockquote.WARNING {{ border-color: #9a6700; }}
blockquote.NOTE {{ border-color: #0969da; }}
table {{ border-collapse: collapse; margin: 1rem 0; }}
td, th {{ border: 1px solid #8886; padding: .3rem .8rem; }}
details {{ margin: 1rem 0; }} code {{ background: #8882; padding: .1em .35em; border-radius: 4px; }}
</style></head><body>
{body}
</body></html>
"""
_ALERT: Final = re.compile(r"<blockquote>\s*<p>\[!(\w+)\]\s*")


def comment_page(markdown: str) -> str:
    """Return a comment of ours as HTML; raw HTML in it is our own ``details`` and ``sub`` only.

    Raises:
        ConfigError: the extra ``demo`` is not installed.
    """
    try:
        from markdown_it import MarkdownIt  # noqa: PLC0415  # an extra
    except ImportError as exc:
        raise ConfigError(
            "the demo needs more packages", hint='pip install "mlgate[demo]"'
        ) from exc
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return _PAGE.format(body=_ALERT.sub(r'<blockquote class="\1"><p>', html))
