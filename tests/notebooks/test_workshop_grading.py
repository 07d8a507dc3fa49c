"""The checklist of notebook 11: what it says of an untouched copy, of half a solution, and of the stored one."""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench.workshop import Workshop, grading, open_workshop
from flightpulse.workbench.workshop.grading import Grade
from flightpulse.workbench.workshop.shown import TextDiff

CODE = ["schema", "reading", "publishing", "telling", "model", "workflow", "routing"]
RUNNING = ["deployment", "travel", "flight", "passengers", "texts", "duplicate", "old news", "the rest"]

_WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""
"""A copy's ``sitecustomize.py`` that makes packages look as if they were not installed."""


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower().strip()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    shop = open_workshop("boarding-call", home=tmp_path_factory.mktemp("home"))
    yield shop
    shop.close(remove=True)


@pytest.fixture
def shop(opened: Workshop) -> Workshop:
    """A workshop with an untouched copy."""
    opened.begin_anew()
    return opened


def test_an_untouched_copy_lacks_every_step_and_is_not_deployed(shop: Workshop) -> None:
    grade = shop.grade()

    assert grade.missing == CODE
    assert grade.waiting == ["house tests", *RUNNING]
    assert (grade.ok, grade.done) == (False, 0)
    assert (*CODE, "house tests", *RUNNING) == grading.STEPS
    assert str(grade).endswith(
        "→ schema: write flightpulse/schemas/boarding_call.json; gate_change.json is much like it"
    )


def test_an_event_without_words_for_passengers_stops_at_the_telling(shop: Workshop) -> None:
    shop.apply("event")

    grade = shop.grade()

    assert grade.missing == ["telling", "model", "workflow", "routing"]
    assert "event_type is none of" in grade.step("telling").seen


def test_a_rule_for_another_detail_type_is_seen_before_anything_is_deployed(shop: Workshop) -> None:
    shop.apply("workflow")
    shop.replace("flightpulse/stack/event_workflows.py", '"flight.boarding"', '"flight.boarding.*"')

    grade = shop.grade()

    assert grade.missing == ["routing"]
    assert grade.step("routing").seen == "flight.boarding leads to nothing"
    assert grade.waiting == ["house tests", *RUNNING]


def test_a_schema_that_refuses_the_good_event_is_seen(shop: Workshop) -> None:
    shop.apply("workflow")
    shop.replace("flightpulse/schemas/boarding_call.json", "{0,7}$", "{0,0}$")

    grade = shop.grade()

    assert grade.missing == ["schema", "publishing"]
    assert "payload.gate must match pattern" in grade.step("schema").seen


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"flight_id",\n        "gate"\n      ]', '"flight_id"\n      ]', "lets pass an event without gate"),
        (
            '"type": "string",\n          "description": "The gate',
            '"description": "The gate',
            "lets pass anything as gate",
        ),
    ],
)
def test_a_bus_schema_that_does_not_know_the_gate_is_seen(shop: Workshop, old: str, new: str, said: str) -> None:
    shop.apply("contract")
    shop.apply("event")
    shop.replace("flightpulse/schemas/boarding_call.json", old, new)

    grade = shop.grade(deploy=False)

    assert said in grade.step("publishing").seen
    assert "publishing" in grade.missing
    assert "must require gate" in grade.step("publishing").hint


def test_the_lines_of_a_diff_are_coloured_and_keep_their_signs(shop: Workshop) -> None:
    html = shop.apply("event").of("events.py")._repr_mimebundle_()["text/html"]

    assert '<span style="background:rgba(46,160,67,.2)">+    BOARDING = &quot;flight.boarding&quot;</span>' in html
    assert '<span style="background:rgba(248,81,73,.2)">-    known.event_type: known for known in' in html


def test_a_workflow_without_a_comment_is_seen(shop: Workshop) -> None:
    shop.apply("workflow")
    path = "flightpulse/workflows/boarding_call.asl.patch.json"
    (comment,) = re.findall(r'"Comment": "Marks the flight.*"', shop.read(path))
    shop.replace(path, comment, '"Comment": null')

    grade = shop.grade(deploy=False)

    assert grade.missing == ["workflow"]
    assert grade.step("workflow").seen == "ApplyToFlight: there is no Comment for the one who shows it"


def test_a_kind_of_news_is_few_files_and_few_lines(shop: Workshop) -> None:
    changed = [row for step in shop.steps.values() for row in TextDiff.of_patch(step).files.rows]

    assert len({path for path, _, _ in changed}) <= 8
    assert sum(int(added) for _, added, _ in changed) <= 350


def test_an_example_that_is_missing_is_found_by_the_tests_of_the_house(shop: Workshop) -> None:
    shop.apply("workflow")
    shop.replace("flightpulse/schemas/boarding_call.json", '"examples"', '"not examples"')

    assert shop.grade(deploy=False).missing == ["house tests"]
    with pytest.raises(UserError, match="failed"):
        shop.test()


def test_code_that_cannot_be_imported_says_so(shop: Workshop) -> None:
    shop.apply("event")
    shop.replace("flightpulse/domain/events.py", "class BoardingCall(FlightEvent):", "class BoardingCall(FlightEvent:")

    grade = shop.grade()

    assert "schema" not in grade.missing
    assert "SyntaxError" in grade.step("reading").seen


def test_the_steps_of_the_solution_make_all_of_it_and_the_checkout_stays(shop: Workshop) -> None:
    before = (paths.PACKAGE / "domain" / "events.py").read_text(encoding="utf-8")

    shop.apply("workflow")
    shop.apply("contract")

    wanted = {change.path for step in shop.steps.values() for change in step.files}
    assert set(shop.changes().files.column("file")) == wanted
    assert (paths.PACKAGE / "domain" / "events.py").read_text(encoding="utf-8") == before


def test_a_passage_a_step_and_a_file_that_are_not_there_are_named(shop: Workshop) -> None:
    with pytest.raises(UserError, match=r"events\.py has no passage 'class Nobody'"):
        shop.replace("flightpulse/domain/events.py", "class Nobody", "")
    with pytest.raises(UserError, match=r"no step 'fame'.*contract, event, message, model, workflow"):
        shop.apply("fame")
    with pytest.raises(UserError, match=r"There is no file flightpulse/nothing\.py"):
        shop.read("flightpulse/nothing.py")
    with pytest.raises(UserError, match="outside of the copy"):
        shop.write("../elsewhere.py", "")
    with pytest.raises(UserError, match="There is no step 'fame'"):
        Grade(()).step("fame")
    with pytest.raises(UserError, match="There is no assignment 'fame'"):
        open_workshop("fame", home=shop.copy.folder)


@pytest.mark.prove
def test_the_stored_solution_passes_every_step(shop: Workshop) -> None:
    """Notebook 11, which every run of the notebooks executes, shows it too."""
    shop.apply("workflow")

    grade = shop.grade()

    assert grade.missing == []
    assert grade.waiting == []
    assert str(grade).endswith("All 16 steps are done.")


def test_the_solution_needs_no_package_that_make_lab_does_not_install(shop: Workshop) -> None:
    lock = (paths.ROOT / "requirements" / "notebooks.txt").read_text(encoding="utf-8")
    installed = {_canonical(line.split("==")[0]) for line in lock.splitlines() if "==" in line and line[0].isalnum()}
    only_for_developers = sorted(
        module
        for module, distributions in metadata.packages_distributions().items()
        if not {_canonical(name) for name in distributions} & {*installed, "flightpulse", "pip", "setuptools"}
    )
    assert "hypothesis" in only_for_developers
    shop.apply("workflow")
    shop.write("sitecustomize.py", _WITHOUT.format(only_for_developers))

    grade = shop.grade(deploy=False)

    assert grade.missing == []
    assert grade.step("house tests").ok


def test_a_copy_that_is_not_there_is_made_and_an_earlier_one_is_kept(tmp_path: Path) -> None:
    shop = open_workshop("boarding-call", home=tmp_path)
    shop.write("flightpulse/mine.py", "")

    assert open_workshop("boarding-call", home=tmp_path).read("flightpulse/mine.py") == ""
    assert not shop.changes().text
