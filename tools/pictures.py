"""Draws the README's pictures from a run on the local cloud: ``python -m tools.pictures`` (needs Chromium).

``docs/pictures/first-minute.gif`` shows the five scenarios, one passenger's journey, the text message and the player on
its way to a failure; ``docs/pictures/inbox.png`` two messages as a passenger reads them; and
``docs/pictures/architecture.png`` what is deployed.
"""

import base64
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench import Workbench, connect
from tests.notebooks import browser
from tools.notebooks import tiers
from tools.notebooks.sandbox import Sandbox

FOLDER = paths.ROOT / "docs" / "pictures"
FIRST_MINUTE = FOLDER / "first-minute.gif"
INBOX = FOLDER / "inbox.png"
ARCHITECTURE = FOLDER / "architecture.png"
MOST_BYTES = 3_000_000

_SIZE = {"width": 1000, "height": 620}
_COLOURS = 128
_LINES_AT_ONCE = 4
_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; font: 15px/1.45 system-ui, sans-serif; background: #fff; color: #1f2328; }}
h1 {{ margin: 0; padding: 12px 20px; font-size: 17px; background: #0b2e4f; color: #fff; }}
main {{ padding: 14px 20px; }}
pre {{ margin: 0; font: 13px/1.35 ui-monospace, Menlo, Consolas, monospace; }}
.dark {{ background: #14171b; color: #e6e8eb; height: 560px; box-sizing: border-box; overflow: hidden; }}
img {{ max-width: 960px; max-height: 540px; }}
</style><h1>{title}</h1><main class="{kind}">{body}</main>"""

Frame = tuple[bytes, int]
"""A picture as PNG, and for how many milliseconds it stands."""


def main() -> None:
    """Run the demo and draw both pictures."""
    local = next(tier for tier in tiers.load(paths.ROOT / "notebooks" / "tiers.toml").tiers if tier.name == "local")
    with Sandbox() as sandbox:
        os.environ.update(sandbox.variables(local))
        demo = _output("demo")
        wb = connect()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser.executable())
            page = chromium.new_page(viewport=_SIZE)
            FOLDER.mkdir(exist_ok=True)
            INBOX.write_bytes(_inbox(page, wb))
            ARCHITECTURE.write_bytes(wb.stack.architecture().png)
            frames = [*_terminal(page, demo), *_journey(page, wb), *_text(page, wb), *_player(page, wb)]
            chromium.close()
    FIRST_MINUTE.write_bytes(_animated(frames))
    for path in (FIRST_MINUTE, INBOX, ARCHITECTURE):
        print(f"{path.relative_to(paths.ROOT)}: {path.stat().st_size:,} bytes")


def _output(*words: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "flightpulse.cli", *words], cwd=paths.ROOT, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise UserError(f"flightpulse {' '.join(words)} failed: {(ran.stderr or ran.stdout).strip()[-300:]}")
    return ran.stdout


def _terminal(page: Page, demo: str) -> Iterator[Frame]:
    """The end of what the demo prints, a few lines at a time."""
    lines = demo.rstrip().splitlines()
    summary = next(number for number, line in enumerate(lines) if line.startswith("Summary"))
    shown = lines[summary : summary + 24]
    for end in range(_LINES_AT_ONCE, len(shown) + _LINES_AT_ONCE, _LINES_AT_ONCE):
        text = escape("\n".join(["$ make demo", "", *shown[:end]]))
        last = end >= len(shown)
        yield (
            _shot(page, "One command: five disruptions through the whole system", f"<pre>{text}</pre>", kind="dark"),
            (3000 if last else 350),
        )


def _journey(page: Page, wb: Workbench) -> Iterator[Frame]:
    picture = _bundle(wb.run("minor-delay").journey("BKG-0003"))["image/png"]
    body = f'<img src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
    yield _shot(page, "One passenger's message, hop by hop, from the Kafka record", body), 4000


def _text(page: Page, wb: Workbench) -> Iterator[Frame]:
    body = _bundle(wb.run("gate-change").inbox().only("sms").first(3))["text/html"]
    yield _shot(page, "What the passengers read", body), 4000


def _inbox(page: Page, wb: Workbench) -> bytes:
    page.set_content(
        _PAGE.format(title="", kind="", body=_bundle(wb.run("cancellation").inbox("BKG-0008"))["text/html"])
    )
    return page.locator("main").screenshot()


def _player(page: Page, wb: Workbench) -> Iterator[Frame]:
    """An execution in which the model's function is busy twice: the player goes to the first failure and on."""
    with wb.faults.task("ComposeMessages", error="Lambda.TooManyRequestsException", times=2):
        run = wb.fire("minor-delay")
    page.set_content(run.execution("notify-chunk").player().page())
    player = browser.players(page)[0]

    def acts() -> Iterator[tuple[Callable[[], None], int]]:
        yield player.start, 1200
        for _ in range(8):
            yield player.step, 350
        for _ in range(2):
            yield player.next_failure, 2200
        for _ in range(8):
            yield player.step, 350

    for act, milliseconds in acts():
        act()
        yield page.screenshot(), milliseconds


def _bundle(shown: Any) -> dict[str, Any]:
    made = shown._repr_mimebundle_()
    data: dict[str, Any] = made[0] if isinstance(made, tuple) else made
    return data


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


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        raise SystemExit(f"✗ {error}") from error
