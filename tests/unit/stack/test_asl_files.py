"""Reading workflow definitions."""

import json
from pathlib import Path

import pytest

from flightpulse.errors import UserError
from flightpulse.stack import asl


def write(folder: Path, text: str) -> Path:
    (folder / "sample.asl.json").write_text(text)
    return folder


def test_states_inside_maps_and_branches_are_found_with_their_paths(tmp_path: Path) -> None:
    document = {
        "States": {
            "Each": {"Type": "Map", "ItemProcessor": {"States": {"One": {"Type": "Pass"}}}},
            "Both": {
                "Type": "Parallel",
                "Branches": [{"States": {"Left": {"Type": "Pass"}}}, {"States": {"Right": {"Type": "Pass"}}}],
            },
        }
    }
    definition = asl.load("sample", write(tmp_path, json.dumps(document)))
    assert [path for path, _ in definition.states()] == ["Each", "Both", "Each/One", "Both/0/Left", "Both/1/Right"]


def test_substitutions_are_found_wherever_they_are(tmp_path: Path) -> None:
    text = '{"States": {"A": {"Arguments": "{% {\'TableName\': \'${TableName}\'} %}", "x": {"${Key}": 1}}}}'
    assert asl.load("sample", write(tmp_path, text)).substitutions == {"TableName", "Key"}


def test_the_text_has_no_white_space_that_means_nothing(tmp_path: Path) -> None:
    definition = asl.load("sample", write(tmp_path, '{\n  "Comment": "é  b",\n  "States": {}\n}\n'))
    assert definition.text == '{"Comment":"é  b","States":{}}'


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "is not good JSON"), ("[]", "is not a JSON object"), ('{"a": 1, "a": 2}', "'a' is there twice")],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as raised:
        asl.load("sample", write(tmp_path, text))
    assert "sample.asl.json" in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no workflow .*sample\.asl\.json"):
        asl.load("sample", tmp_path)
