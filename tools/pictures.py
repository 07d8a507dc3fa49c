"""Draws the README's pictures from what the notebooks show: ``python -m tools.pictures`` (needs Chromium).

``docs/pictures/first-minute.gif`` shows an event going through the system, one passenger's journey, text messages and
the player on its way to a failure; ``inbox.png`` two messages as a passenger reads them; ``architecture.png`` what is
deployed. Run it after the notebooks were built: the pictures are of the same run.
"""

import base64
import io
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from flightpulse import paths
from flightpulse.errors import UserError
from tests.notebooks import browser
from tools.notebooks.folder import Folder

FOLDER = paths.ROOT / "docs" / "pictures"
FIRST_MINUTE, INBOX, ARCHITECTURE = (FOLDER / name for name in ("first-minute.gif", "inbox.png", "architecture.png"))
MOST_BYTES = 3_000_000

_SIZE = {"width": 1000, "height": 620}
_LETTER = {"width": 700, "height": 620}
_COLOURS = 128
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; font: 15px/1.45 system-ui, sans-serif; background: #fff; color: #1f2328;
        display: flex; flex-direction: column; min-height: 100vh; }}
h1 {{ margin: 0; padding: 12px 20px; font-size: 17px; background: #0b2e4f; color: #fff; }}
main {{ padding: 14px 20px; }}
pre {{ margin: 0; font: 13px/1.35 ui-monospace, Menlo, Consolas, monospace; }}
.dark {{ background: #14171b; color: #e6e8eb; flex: 1; overflow: hidden; }}
img {{ max-width: 960px; max-height: 540px; }}
</style><h1>{title}</h1><main class="{kind}">{body}</main>"""

Frame = tuple[bytes, int]
"""A picture as PNG, and for how many milliseconds it stands."""


def draw(folder: Folder) -> None:
    """Draw all pictures from the notebooks of a folder. Raises UserError when one does not show what is needed."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.executable())
        page = chromium.new_page(viewport=_SIZE)
        FOLDER.mkdir(exist_ok=True)
        frames = [*_terminal(page, folder), *_journey(page, folder), *_texts(page, folder), *_player(page, folder)]
        INBOX.write_bytes(_inbox(page, folder))
        chromium.close()
    FIRST_MINUTE.write_bytes(_animated(frames))
    ARCHITECTURE.write_bytes(base64.b64decode(_shown(folder, "00", "architecture()", "image/png")))


def _shown(folder: Folder, number: str, code: str, kind: str) -> str:
    """What the first cell of a notebook with this code shows, of a kind: a MIME type, or ``stream``."""
    (name,) = folder.select((number,))
    for cell in folder.read(name).cells:
        if cell.cell_type == "code" and code in cell.source:
            for output in cell.outputs:
                if output.output_type == kind:
                    return str(output.text)
                if kind in output.get("data", {}):
                    return str(output.data[kind])
    raise UserError(f"Notebook {name} shows no {kind} of {code}.", hint="Build it: python -m tools.notebooks build")


def _terminal(page: Page, folder: Folder) -> Iterator[Frame]:
    """An event and what was seen of it, a few lines at a time."""
    lines = _shown(folder, "00", "print(run)", "stream").rstrip().splitlines()
    for end in range(1, len(lines) + 1):
        text = escape("\n".join(["$ flightpulse scenario minor-delay", "", *lines[:end]]))
        frame = _shot(
            page, "One event goes through the whole system, on this machine", f"<pre>{text}</pre>", kind="dark"
        )
        yield frame, 3000 if end == len(lines) else 450


def _journey(page: Page, folder: Folder) -> Iterator[Frame]:
    body = f'<img src="data:image/png;base64,{_shown(folder, "00", "journey(", "image/png")}">'
    yield _shot(page, "One passenger's message, hop by hop, from the Kafka record", body), 4000


def _texts(page: Page, folder: Folder) -> Iterator[Frame]:
    yield _shot(page, "What the passengers read", _shown(folder, "05", 'only("sms")', "text/html")), 4000


def _inbox(page: Page, folder: Folder) -> bytes:
    page.set_content(_PAGE.format(title="", kind="", body=_shown(folder, "04", 'inbox("BKG-0008")', "text/html")))
    page.set_viewport_size(_LETTER)
    return page.locator("main").screenshot()


def _player(page: Page, folder: Folder) -> Iterator[Frame]:
    """The player of a run in which a service was busy: step by step to the first failure, and on."""
    page.set_content(
        _PAGE.format(
            title="The execution, step by step",
            kind="",
            body=_shown(folder, "08", "run.execution().player()", "text/html"),
        )
    )
    player = browser.players(page)[0]

    def acts() -> Iterator[tuple[Callable[[], None], int]]:
        yield player.start, 1200
        for _ in range(8):
            yield player.step, 350
        if player.has_failures:
            for _ in range(2):
                yield player.next_failure, 2200
        for _ in range(8):
            yield player.step, 350

    for act, milliseconds in acts():
        act()
        yield page.screenshot(), milliseconds


def _shot(page: Page, title: str, body: str, *, kind: str = "") -> bytes:
    page.set_content(_PAGE.format(title=escape(title), kind=kind, body=body))
    return page.screenshot()


def _animated(frames: list[Frame]) -> bytes:
    """The frames as one GIF, with the fewer colours the smaller."""
    pictures = [
        Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE) for png, _ in frames
    ]
    written = io.BytesIO()
    pictures[0].save(
        written,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[milliseconds for _, milliseconds in frames],
        loop=0,
        optimize=True,
    )
    if written.tell() > MOST_BYTES:
        raise UserError(f"The animated picture has {written.tell():,} bytes; {MOST_BYTES:,} are enough.")
    return written.getvalue()


@click.command()
@click.option("--folder", type=click.Path(file_okay=False), help="Another folder of notebooks.")
def main(folder: str | None) -> None:
    """Draw the README's pictures from what the notebooks show."""
    try:
        draw(Folder(Path(folder).resolve()) if folder else Folder())
    except UserError as error:
        raise SystemExit(f"✗ {error}") from error
    for path in (FIRST_MINUTE, INBOX, ARCHITECTURE):
        click.echo(f"{path.relative_to(paths.ROOT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
