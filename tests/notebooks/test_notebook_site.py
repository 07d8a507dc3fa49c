"""The site is complete without a server and without the network, and its players run."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flightpulse.errors import UserError
from tests.notebooks import sample
from tools.notebooks import html, search, site, slides
from tools.notebooks.folder import Folder


class References(HTMLParser):
    """What a page links to, and what it loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.alts: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given.get("href") or "")
        elif given.get("src") or tag == "link":
            self.loads.append(given.get("src") or given.get("href") or "")
        if tag == "img":
            self.alts.append(given.get("alt"))


@pytest.fixture
def page(built: Folder, tmp_path: Path) -> Path:
    site.write(built, tmp_path / "site")
    return tmp_path / "site" / f"{sample.NAME}.html"


def test_a_page_loads_nothing_but_its_style(page: Path):
    loads = References(page.read_text()).loads

    assert [address for address in loads if not address.startswith("data:")] == ["site.css"]
    assert "default-src 'none'" in page.read_text()
    assert not re.search(r"@import|url\(", (page.parent / "site.css").read_text())


def test_every_link_leads_somewhere(page: Path):
    for linking in (page, page.parent / "index.html"):
        for link in References(linking.read_text()).links:
            target, _, part = link.partition("#")
            assert (page.parent / target).exists()
            assert not part or f'id="{part}"' in (page.parent / (target or linking.name)).read_text()


def test_links_to_files_of_the_checkout_lead_to_the_repository(built: Folder, tmp_path: Path):
    site.write(built, tmp_path, repository="https://example.org/blob/main/")

    links = References((tmp_path / f"{sample.NAME}.html").read_text()).links
    assert "https://example.org/blob/main/README.md" in links
    assert "https://example.org/blob/main/notebooks/nbval.cfg" in links


def test_the_script_of_a_player_is_there_unchanged_and_pictures_have_their_words(page: Path):
    text = page.read_text()

    assert "document.getElementById('player').textContent = 'stepping';" in text
    assert References(text).alts == ["One bar of ten passengers."]


def test_the_contents_say_what_each_notebook_is_about(page: Path):
    text = (page.parent / "index.html").read_text()

    assert f'<a href="{sample.NAME}.html">01 Count the passengers</a>' in text
    assert "see that <code>nobody</code> is missing" in text


def test_the_first_page_can_be_searched_and_every_section_found_is_there(page: Path):
    text = (page.parent / "index.html").read_text()
    found = re.search(r'id="sections">(?P<json>.*?)</script>', text, re.DOTALL)
    assert found
    entries = json.loads(found["json"])

    assert any("passengers" in entry["text"] for entry in entries)
    for entry in entries:
        name, _, part = entry["url"].partition("#")
        assert not part or f'id="{part}"' in (page.parent / name).read_text(), entry["url"]


def test_a_search_entry_has_words_and_no_marks():
    (first, second) = search.of_markdown(
        "a.html", "A", "See *[it](b.md)*.\n\n## What `now`?\n\n<b>Go</b>", anchor=html.anchor
    )

    assert (first.title, first.text) == ("A", "See it .")
    assert (second.url, second.title, second.text) == ("a.html#what-now", "A › What now ?", "Go")


def test_a_deck_has_a_slide_for_each_cell_until_the_story_ends(built: Folder, tmp_path: Path):
    deck = slides.write(built, sample.NAME, tmp_path).read_text()

    assert deck.count('class="slide"') == len(built.read(sample.NAME).cells) - 6
    assert "Clean up" not in deck
    assert "stepping" in deck
    assert [load for load in References(deck).loads if not load.startswith("data:")] == ["site.css"]


def test_a_site_of_no_notebooks_is_a_page(empty: Folder, tmp_path: Path):
    assert [page.name for page in site.write(empty, tmp_path / "site")] == ["index.html"]


def test_a_site_is_written_over_an_older_one_but_over_nothing_else(empty: Folder, tmp_path: Path):
    target = tmp_path / "site"
    site.write(empty, target)
    (target / "99-gone.html").touch()

    site.write(empty, target)

    assert not (target / "99-gone.html").exists()
    with pytest.raises(UserError, match="holds something that is not this site"):
        site.write(empty, empty.path)
