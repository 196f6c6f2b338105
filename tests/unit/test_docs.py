"""The documentation builds as a site, its links lead somewhere, and it asks no other host."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
_LOADS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")}


class Page(HTMLParser):
    """The links of a page, what can be linked to in it, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.loads: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if tag == "a" and name == "href" and value:
                self.links.append(value)
            if (tag, name) in _LOADS or (tag == "link" and name == "href"):
                self.loads.append(value or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(built)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return built


def test_every_link_leads_somewhere(site: Path) -> None:
    pages = {path: Page(path) for path in site.rglob("*.html")}
    assert len(pages) > 30
    broken = []
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                broken.append((path.name, link))
            elif parts.fragment and target.suffix == ".html":
                there = pages[target].ids if target in pages else Page(target).ids
                if unquote(parts.fragment) not in there:
                    broken.append((path.name, link))
    assert not broken


def test_no_page_asks_another_host(site: Path) -> None:
    for path in site.rglob("*.html"):
        foreign = [one for one in Page(path).loads if urlsplit(one).netloc]
        assert not foreign, (path.name, foreign)
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?https?:", path.read_text("utf-8")), path.name


def test_every_page_of_the_folder_is_in_the_site(site: Path) -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        built = site / path.relative_to(ROOT / "docs").with_suffix(".html")
        assert built.is_file(), path.name


def test_what_the_program_writes_is_in_it(site: Path) -> None:
    routes = (site / "generated" / "routes.html").read_text("utf-8")
    assert "/sites/{code}/visits" in routes
    assert "small_number_threshold" in (site / "generated" / "configuration.html").read_text(
        "utf-8"
    )
    assert "#indicator+num" in (site / "generated" / "data_dictionary.html").read_text("utf-8")
