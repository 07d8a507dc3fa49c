"""A diagram as PNG and as text says the same."""

import pytest

from flightpulse import paths
from flightpulse.workbench import diagram
from flightpulse.workbench.diagram import SIGNS, Mark, Marks
from tests.unit.workbench.diagram.machines import chain, task

MACHINE = {
    "StartAt": "Claim",
    "States": {
        "Claim": task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Bad"}], Next="Each"),
        "Each": {"Type": "Map", "ItemProcessor": chain("Draft", "Sent"), "Next": "Enough"},
        "Enough": {"Type": "Choice", "Choices": [{"Condition": '{% $a < "b" %}', "Next": "Claim"}], "Default": "Good"},
        "Bad": {"Type": "Fail", "Error": "Oops"},
        "Good": {"Type": "Succeed"},
    },
}
MARKS = Marks(
    {"Claim": Mark("caught", "caught"), "Bad": Mark("failed", "failed")}, frozenset({("catch", "Claim", "Bad")})
)


def test_the_text_says_every_state_and_every_way():
    assert diagram.of(MACHINE).text() == (
        "starts at Claim\n"
        "Claim (Task · lambda:invoke)\n"
        "    → Each\n"
        "    ! any error → Bad\n"
        "Each (Map · all at once)\n"
        "    → Enough\n"
        "    each item:\n"
        "        starts at Draft\n"
        "        Draft (Task · lambda:invoke)\n"
        "            → Sent\n"
        "        Sent (Succeed)\n"
        "            ■ ends here\n"
        "Enough (Choice)\n"
        '    ? $a < "b" → Claim\n'
        "    ? otherwise → Good\n"
        "Bad (Fail · Oops)\n"
        "    ■ ends here\n"
        "Good (Succeed)\n"
        "    ■ ends here\n"
    )


def test_the_text_of_a_run_says_how_states_fared_and_which_ways_were_taken():
    text = diagram.of(MACHINE).text(MARKS)
    assert "Claim (Task · lambda:invoke): ! caught\n" in text
    assert "! any error → Bad (taken)\n" in text


@pytest.mark.parametrize("name", ["delay", "cancellation", "gate_change", "notify_passengers", "notify_chunk"])
def test_the_picture_of_a_workflow_is_small_and_the_same_every_time(name):
    text = (paths.WORKFLOWS / f"{name}.asl.json").read_text("utf-8")
    first, second = (diagram.of(text).picture().png for _ in range(2))
    assert first.startswith(b"\x89PNG")
    assert first == second
    assert len(first) < 80_000


def test_no_sign_is_a_colour_alone():
    for name, sign in SIGNS.items():
        assert sign.word
        assert sign.glyph or name == "idle"
    assert len({sign.glyph for sign in SIGNS.values()}) == len(SIGNS)


def test_text_is_readable_on_every_sign_on_light_and_dark_pages():
    for sign in SIGNS.values():
        assert contrast("#1b1f24", sign.fill[0]) >= 7
        assert contrast("#e8eaed", sign.fill[1]) >= 7
        assert contrast(sign.stroke[0], "#ffffff") >= 3
        assert contrast(sign.stroke[1], "#16191d") >= 3


def test_a_notebook_gets_a_picture_with_its_words():
    data, metadata = diagram.of(MACHINE)._repr_mimebundle_()
    assert data["text/plain"] == metadata["image/png"]["alt"] == diagram.of(MACHINE).text()


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
