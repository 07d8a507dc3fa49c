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


def test_a_patch_is_the_workflow_it_names_with_what_it_changes(tmp_path: Path) -> None:
    states = {"A": {"Type": "Pass", "Comment": "as it was", "Next": "B"}, "B": {"Type": "Succeed"}, "C": {"x": [1, 2]}}
    write(tmp_path, json.dumps({"Comment": "One.", "StartAt": "A", "States": states}))
    patch = {"Like": "sample", "Comment": "Two.", "States": {"A": {"Next": "D"}, "B": None, "C": {"x": [3]}, "D": {}}}
    (tmp_path / "other.asl.patch.json").write_text(json.dumps(patch))

    assert asl.load("other", tmp_path).document == {
        "Comment": "Two.",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Comment": "as it was", "Next": "D"}, "C": {"x": [3]}, "D": {}},
    }
    assert [definition.name for definition in asl.load_all(tmp_path)] == ["other", "sample"]


@pytest.mark.parametrize(
    ("text", "said"), [("{}", "does not say of what"), ('{"Like": "gone"}', "There is no workflow")]
)
def test_a_patch_of_nothing_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "other.asl.patch.json").write_text(text)
    with pytest.raises(UserError, match=said):
        asl.load("other", tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no workflow .*sample\.asl\.json"):
        asl.load("sample", tmp_path)
