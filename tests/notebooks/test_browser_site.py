"""The site in a real browser, from files: every page is whole, asks nothing of the network, and its players step."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from flightpulse.workbench.player import Player
from tests.notebooks import browser
from tests.unit.workbench.player import runs
from tools.notebooks import site, slides
from tools.notebooks.folder import Folder

_FOLDER = Folder()
_NAMES = _FOLDER.committed()
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Visit:
    """A page that is open, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._said: list[str] = []
        self._asked_for: list[str] = []
        page.on("console", lambda message: self._said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._said.append(str(error)))
        page.on("request", lambda request: self._asked_for.append(request.url))

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())

    def expect_no_error_and_no_network(self) -> None:
        assert self._said == []
        assert [url for url in self._asked_for if not url.startswith(("file:", "data:"))] == []

    def expect_to_fit(self) -> None:
        """Nothing is wider than the window, so nobody scrolls sideways."""
        assert self.page.evaluate("document.documentElement.scrollWidth") <= browser.VIEWPORT["width"]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    with browser.opened(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site") / "site"
    site.write(_FOLDER, target)
    return target


@pytest.fixture
def visit(chromium: BrowserContext) -> Iterator[Visit]:
    page = chromium.new_page()
    yield Visit(page)
    page.close()


def test_the_contents_lead_to_every_notebook_and_each_to_the_next(visit: Visit, pages: Path, tmp_path: Path):
    visit.open(pages / "index.html")
    visit.page.screenshot(path=tmp_path / "contents.png", full_page=True)
    visit.expect_to_fit()
    assert visit.page.locator("ol.contents a").count() == len(_NAMES)
    visit.page.locator("ol.contents a").first.click()

    titles = [visit.page.locator("h1").inner_text()]
    while visit.page.locator("nav a[rel=next]").count():
        visit.page.locator("nav a[rel=next]").first.click()
        titles.append(visit.page.locator("h1").inner_text())

    assert len(set(titles)) == len(_NAMES)
    visit.expect_no_error_and_no_network()


@pytest.mark.parametrize("name", ["index", "glossary", "teaching", *_NAMES])
def test_nothing_on_a_page_keeps_anybody_out_by_day_or_by_night(visit: Visit, pages: Path, name: str):
    visit.open(pages / f"{name}.html")
    for theme in _THEMES:
        visit.page.emulate_media(color_scheme=theme)

        found = Axe().run(visit.page)

        assert found.violations_count == 0, f"{theme}: {found.generate_report()}"


def test_the_first_page_finds_what_notebooks_say(visit: Visit, pages: Path):
    visit.open(pages / "index.html")
    visit.page.get_by_label("Search").fill("poison")

    visit.page.locator("#found a").first.click()

    assert "glossary" in visit.page.url or "02-follow" in visit.page.url
    visit.expect_no_error_and_no_network()


def test_a_deck_goes_on_by_key_and_its_player_steps(visit: Visit, tmp_path: Path):
    visit.open(slides.write(_FOLDER, _NAMES[0], tmp_path))
    shown = visit.page.locator(".slide:visible")
    assert visit.page.locator("h1").is_visible()

    first = shown.inner_text()
    visit.page.keyboard.press("Space")
    assert shown.inner_text() != first

    while not shown.locator(".fp-player").count():
        visit.page.keyboard.press("PageDown")
    player = browser.Player(shown.locator(".fp-player"))
    player.start()
    player.step()
    assert player.event == 2
    visit.expect_no_error_and_no_network()


@pytest.mark.parametrize("name", _NAMES)
def test_a_page_fits_its_window_and_all_its_players_step(visit: Visit, pages: Path, tmp_path: Path, name: str):
    visit.open(pages / f"{name}.html")
    visit.page.screenshot(path=tmp_path / "page.png", full_page=True)

    visit.expect_to_fit()
    players = browser.players(visit.page)
    assert len(players) == browser.stored_players(_FOLDER.read(name))
    for number, player in enumerate(players):
        player.start()
        first = player.event, player.caption
        player.step()
        assert (player.event, player.caption) != first
        player.scrub(player.last)
        player.screenshot(tmp_path / f"player-{number}.png")
        assert player.event > first[0]
        if player.has_failures:
            player.next_failure()
            assert player.shows_a_failure
    visit.expect_no_error_and_no_network()


def test_a_player_says_at_every_step_what_python_says(visit: Visit, tmp_path: Path):
    made = Player(runs.MAP, runs.item_fails(), title="One passenger cannot be told")
    player = _shown(visit, made, tmp_path)

    captions = [player.caption]
    for _ in made.captions()[1:]:
        player.step()
        captions.append(player.caption)

    assert tuple(captions) == made.captions()
    visit.expect_no_error_and_no_network()


def test_next_failure_finds_each_failure_once_and_begins_again(visit: Visit, tmp_path: Path):
    player = _shown(visit, Player(runs.LINE, runs.retried_then_caught(), title="Retried, then caught"), tmp_path)
    wanted = []
    for place in range(player.last + 1):
        player.scrub(place)
        wanted += [player.event] if player.shows_a_failure else []

    player.start()
    found = []
    for _ in range(len(wanted) + 1):
        player.next_failure()
        found.append(player.event)

    player.screenshot(tmp_path / "failure.png")
    assert len(wanted) > 1
    assert found == [*wanted, wanted[0]]


def test_it_plays_to_the_end_and_its_keys_step(visit: Visit, tmp_path: Path):
    player = _shown(visit, Player(runs.FAN_OUT, runs.parallel(), title="Two branches"), tmp_path)
    player.play()
    player.wait_until_it_stops()
    end = player.event

    player.press("ArrowLeft")
    assert player.event == end - 1
    player.press("Home")
    assert player.event == 1
    player.press("ArrowRight")
    assert player.event == 2
    player.press("End")
    assert player.event == end


def _shown(visit: Visit, made: Player, folder: Path) -> browser.Player:
    page = folder / "run.html"
    page.write_text(made.page(), encoding="utf-8")
    visit.open(page)
    (player,) = browser.players(visit.page)
    return player
