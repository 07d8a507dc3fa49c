"""A real browser for the tests that look at what a reader sees: the installed Chromium or Chrome, driven headless."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbformat import NotebookNode
from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

_NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
VIEWPORT = {"width": 1280, "height": 1100}
_SECONDS = 120


def executable() -> str:
    """The browser's path, empty where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), "")
    return found or (str(_MAC) if sys.platform == "darwin" and _MAC.exists() else "")


def required() -> str:
    """The browser's path. Without one the test is skipped, and fails in CI."""
    found = executable()
    if found:
        return found
    missing = f"There is no Chromium here (looked for {', '.join(_NAMES)}); on Debian: apt-get install chromium"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)


@contextmanager
def opened(profile: Path) -> Iterator[BrowserContext]:
    """A browser with a profile of its own, which remembers nothing from elsewhere."""
    path = required()
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=path, headless=True, viewport=VIEWPORT, args=list(_QUIET)
        )
        context.set_default_timeout(_SECONDS * 1000)
        expect.set_options(timeout=_SECONDS * 1000)
        try:
            yield context
        finally:
            context.close()


class Player:
    """A step player on a page, worked as a reader works it: by its buttons, its slider and its keys."""

    def __init__(self, root: Locator) -> None:
        self._root = root

    @property
    def where(self) -> str:
        """The line that says which event of how many is shown."""
        return self._root.locator(".fp-where").inner_text()

    @property
    def event(self) -> int:
        """The number of the event that is shown."""
        return int(self.where.split()[1])

    @property
    def caption(self) -> str:
        """The sentence about the event."""
        return self._root.locator(".fp-caption").inner_text()

    @property
    def shows_a_failure(self) -> bool:
        return "bad" in (self._root.locator(".fp-caption").get_attribute("class") or "").split()

    @property
    def has_failures(self) -> bool:
        return self._button("Next failure").get_attribute("aria-disabled") == "false"

    @property
    def last(self) -> int:
        """The place of the slider at its end."""
        return int(self._slider.get_attribute("max") or 0)

    def start(self) -> None:
        # By key: at the first event the button says that it does nothing, and the driver does not click such a one.
        self.press("Home")

    def step(self) -> None:
        self._button("Step").click()

    def next_failure(self) -> None:
        self._button("Next failure").click()

    def play(self, events_per_second: int = 20) -> None:
        self._root.get_by_label("Speed").select_option(str(events_per_second))
        self._button("Play").click()

    def wait_until_it_stops(self) -> None:
        self._button("Play").wait_for()

    def scrub(self, place: int) -> None:
        """Pull the slider."""
        self._slider.fill(str(place))

    def press(self, key: str) -> None:
        self._button("Step").focus()
        self._root.page.keyboard.press(key)

    def pull_and_press(self, key: str) -> None:
        """Click on the slider, then press a key, as a reader does who wants one event more."""
        self._slider.click()
        self._root.page.keyboard.press(key)

    def screenshot(self, path: Path) -> None:
        self._root.screenshot(path=path)

    @property
    def _slider(self) -> Locator:
        return self._root.get_by_label("Event", exact=True)

    def _button(self, words: str) -> Locator:
        return self._root.locator(".fp-bar button", has_text=words)


def players(page: Page) -> list[Player]:
    """The players of a page, in its order, as soon as their scripts have run."""
    drawn = page.locator(".fp-player")
    expect(page.locator(".fp-player[data-ready]")).to_have_count(drawn.count())
    return [Player(player) for player in drawn.all()]


def stored_players(notebook: NotebookNode) -> int:
    """How many players the outputs of a notebook hold."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return sum("fp-player" in output.get("data", {}).get("text/html", "") for output in outputs)
