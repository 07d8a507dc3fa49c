"""How workflow definitions are written down."""

import json
from pathlib import Path

import pytest

from flightpulse.paths import WORKFLOWS
from flightpulse.stack.asl_format import formatted, main

FILES = sorted(WORKFLOWS.glob("*.asl.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_workflow_is_written_in_the_one_way(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text == formatted(json.loads(text)), "python -m flightpulse.stack.asl_format writes it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_line_of_a_workflow_is_too_long_to_be_read(path: Path) -> None:
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 480


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_retry_stands_on_one_line(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if '"MaxAttempts"' in line]

    assert found
    assert all(line.count('"MaxAttempts"') == line.count('"ErrorEquals"') for line in found)


def test_what_fits_stands_on_one_line_and_states_never_do(tmp_path: Path) -> None:
    document = {"States": {"A": {"Type": "Pass", "Next": "B"}}, "Retry": [{"a": 1}, {"b": 2}], "None": {}}
    (tmp_path / "sample.asl.json").write_text(json.dumps(document))

    main(tmp_path)

    assert (tmp_path / "sample.asl.json").read_text() == (
        '{\n  "States": {\n    "A": {\n      "Type": "Pass",\n      "Next": "B"\n    }\n  },\n'
        '  "Retry": [{"a": 1}, {"b": 2}],\n  "None": {}\n}\n'
    )
