"""Comment and report as a real browser lays them out. Needs node, npm and Chromium."""

from __future__ import annotations

import pytest

from browser.screenshot import measured, page_of
from fakes import reports
from mlgate.render.html import render_html
from mlgate.render.markdown import render_comment

PAGES = {
    "failing": reports.failing(),
    "passing": reports.passing(),
    "inconclusive": reports.inconclusive(),
    "fleet": reports.fleet(),
    "hostile": reports.hostile(),
}
every = pytest.mark.parametrize("name", PAGES)
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ALERT = "(document.querySelector('.markdown-alert') || {className: ''}).className"
INSIDE = "[...document.querySelectorAll('.markdown-body *')].map(e => e.localName)"
PALE = """(() => {
  const light = (color) => {
    const parts = color.match(/[0-9.]+/g).slice(0, 3).map((v) => {
      const s = v / 255;
      return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (!color.endsWith(", 0)")) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const speaks = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.body.querySelectorAll("*")]
    .filter((e) => !e.closest("svg") && speaks(e))
    .filter((e) => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05) < 4.5;
    })
    .map((e) => e.textContent.slice(0, 40));
})()"""


@every
def test_the_comment_fits_the_width_of_a_comment(name: str) -> None:
    assert measured(page_of(render_comment(PAGES[name])), TOO_WIDE) == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [("failing", "caution"), ("passing", "tip"), ("inconclusive", "warning")],
)
def test_the_verdict_is_an_alert(name: str, kind: str) -> None:
    found = measured(page_of(render_comment(PAGES[name])), ALERT)
    assert f"markdown-alert-{kind}" in str(found)


def test_hostile_names_make_no_element() -> None:
    found = measured(page_of(render_comment(PAGES["hostile"])), INSIDE)
    assert isinstance(found, list)
    allowed = "p strong code table thead tbody tr th td details summary b sub a ul li div svg path"
    assert set(found) <= set(allowed.split())


@every
@pytest.mark.parametrize("width", [360, 1280])
def test_the_report_fits_a_telephone_and_a_desk(name: str, width: int) -> None:
    assert measured(render_html(PAGES[name]), TOO_WIDE, width=width) == 0


@every
def test_the_report_can_be_read(name: str) -> None:
    assert measured(render_html(PAGES[name]), PALE) == []
