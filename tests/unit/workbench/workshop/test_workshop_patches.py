"""Steps of a workshop are put where their lines stand, and say what is wrong when they stand nowhere."""

from pathlib import Path

import pytest

from flightpulse.errors import UserError
from flightpulse.workbench.workshop import patches
from flightpulse.workbench.workshop.shown import TextDiff

STEP = """Name a second type
--- a/types.py
+++ b/types.py
@@ -2,2 +2,3 @@
     FIRST = "first"
+    SECOND = "second"

--- /dev/null
+++ b/schemas/second.json
@@ -0,0 +1 @@
+{"type": "object"}
"""


@pytest.fixture
def step(tmp_path: Path) -> patches.Patch:
    path = tmp_path / "01-name.patch"
    path.write_text(STEP)
    return patches.read(path)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "types.py").write_text('import enum\n\n\nclass Type:\n    FIRST = "first"\n\n\nX = 1\n')
    return folder


def test_a_step_has_a_name_a_title_and_files(step: patches.Patch) -> None:
    assert (step.name, step.title) == ("name", "Name a second type")
    assert [file.path for file in step.files] == ["types.py", "schemas/second.json"]


def test_a_step_goes_where_its_lines_are_whatever_their_numbers(step: patches.Patch, code: Path) -> None:
    patches.apply(step, code)

    assert '    FIRST = "first"\n    SECOND = "second"\n\n' in (code / "types.py").read_text()
    assert (code / "schemas" / "second.json").read_text() == '{"type": "object"}\n'


def test_a_step_that_does_not_fit_changes_nothing_and_names_the_passage(step: patches.Patch, code: Path) -> None:
    (code / "types.py").write_text("class Type:\n    ONE = 1\n")

    with pytest.raises(UserError, match=r"types\.py has no passage 'FIRST = \"first\"'"):
        patches.apply(step, code)
    assert not (code / "schemas").exists()


def test_a_new_file_that_is_there_already_is_not_written_over(step: patches.Patch, code: Path) -> None:
    patches.apply(step, code)
    (code / "types.py").write_text('    FIRST = "first"\n\n')

    with pytest.raises(UserError, match=r"second\.json is there already"):
        patches.apply(step, code)


def test_a_passage_that_is_there_twice_is_refused() -> None:
    with pytest.raises(UserError, match=r"a\.py has 2 passages 'x = 1'"):
        patches.replaced("x = 1\nx = 1\n", "x = 1", "x = 2", where="a.py")


def test_a_file_without_a_change_is_no_step(tmp_path: Path) -> None:
    (tmp_path / "01-nothing.patch").write_text("A title\nand no diff\n")

    with pytest.raises(UserError, match="holds no change"):
        patches.read(tmp_path / "01-nothing.patch")


def test_differences_can_be_read_as_a_step_again(tmp_path: Path, code: Path) -> None:
    before = {"types.py": (code / "types.py").read_text()}
    after = {"types.py": before["types.py"].replace("X = 1", "X = 2"), "new.txt": "one\ntwo\n"}
    (tmp_path / "02-again.patch").write_text("Again\n" + patches.differences(before, after))

    patches.apply(patches.read(tmp_path / "02-again.patch"), code)

    assert {name: (code / name).read_text() for name in after} == after


def test_a_diff_is_shown_by_file_and_cut_where_it_is_long(step: patches.Patch) -> None:
    diff = TextDiff.of_patch(step)
    long = TextDiff("--- a/x.py\n+++ b/x.py\n" + "+line\n" * 100)

    assert diff.files.rows == (("types.py", "1", "0"), ("schemas/second.json", "1", "0"))
    assert "SECOND" in str(diff.of("types.py"))
    assert "SECOND" not in str(diff.of("second.json"))
    assert str(diff).startswith("Name a second type\n--- a/types.py")
    assert str(long).endswith("… 42 more lines")
    with pytest.raises(UserError, match="names 0 of the changed files"):
        diff.of("other.py")
