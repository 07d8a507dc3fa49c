"""The list of tiers names every notebook once, and says what is wrong with it when it does not."""

from pathlib import Path

import pytest

from flightpulse.errors import UserError
from tools.notebooks import tiers
from tools.notebooks.folder import Folder
from tools.notebooks.tiers import Tier, Tiers


def tier(name: str, *notebooks: str) -> Tier:
    return Tier(name, notebooks, 30, 30)


def test_every_notebook_of_the_project_is_in_one_tier():
    folder = Folder()

    assert tiers.load(folder.tiers).problems(folder.names()) == []


def test_notebooks_that_are_missing_unknown_or_listed_twice_are_told():
    listed = Tiers((tier("replay", "01-a", "02-b"), tier("local", "02-b", "03-c")))

    assert listed.problems(["00-start", "01-a", "02-b"]) == [
        "00-start is in no tier",
        "03-c is listed but does not exist",
        "02-b is listed 2 times",
    ]


def test_only_the_tier_that_needs_nothing_compares_everything():
    assert [tier(name).compares_everything for name in ("replay", "local", "aws")] == [True, False, False]
    assert [tier(name).runs_unattended for name in ("replay", "local", "aws")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[cloud]\nnotebooks = []\n", "has a tier cloud"),
        ("[local]\nnotebooks = []\nbudget = 3\n", "lacks cell_timeout"),
        ("[local]\nnotebooks = []\nbudget = 3\ncell_timeout = 3\nretries = 3\n", "unknown key retries"),
        ("[local\n", "cannot be read"),
    ],
)
def test_a_list_that_is_none_is_refused_with_the_reason(tmp_path: Path, text: str, said: str):
    file = tmp_path / "tiers.toml"
    file.write_text(text)

    with pytest.raises(UserError, match=said):
        tiers.load(file)


def test_a_notebook_is_chosen_by_its_number_its_name_or_its_file(empty: Folder):
    for name in ("00-start-here", "01-deploy"):
        empty.source(name).write_text("")

    assert empty.select(("01",)) == empty.select(("01-deploy",)) == empty.select(("01-deploy.ipynb",)) == ["01-deploy"]
    assert empty.select(()) == ["00-start-here", "01-deploy"]
    with pytest.raises(UserError, match=r"There is no notebook 07\. There are: 00-start-here, 01-deploy\."):
        empty.select(("07",))


def test_a_file_with_an_odd_name_is_refused(empty: Folder):
    empty.source("scratch").write_text("")

    with pytest.raises(UserError, match="scratch is not a name for a notebook"):
        empty.names()
