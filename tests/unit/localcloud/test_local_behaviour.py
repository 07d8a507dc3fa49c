"""The check of names that behaviours rely on."""

import sys
from types import ModuleType

import pytest

from flightpulse.errors import UserError
from localcloud import contract
from localcloud.behaviour import Behaviour, Wrapped, problems


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that stands for one of the emulator's."""
    module = ModuleType("pretended_emulator")

    class Worker:
        def invoke(self, event: object) -> None: ...

    def put(data: object) -> None: ...

    module.put, module.table, module.Worker = put, {}, Worker  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pretended_emulator", module)
    return module


def wrapped(name: str, parameters: tuple[str, ...] | None = None) -> Wrapped:
    return Wrapped("pretended_emulator", name, parameters)


@pytest.mark.usefixtures("emulator")
def test_names_that_are_as_expected_are_no_problem():
    assert wrapped("put", ("data",)).problem() is None
    assert wrapped("table").problem() is None
    assert wrapped("Worker.invoke", ("self", "event")).problem() is None


@pytest.mark.usefixtures("emulator")
def test_a_name_that_is_gone_is_named():
    assert wrapped("get").problem() == "pretended_emulator.get is gone"
    assert wrapped("Worker.stop").problem() == "pretended_emulator.Worker.stop is gone"


@pytest.mark.usefixtures("emulator")
def test_parameters_that_differ_are_told():
    assert wrapped("put", ("data", "region")).problem() == (
        "pretended_emulator.put takes (data), expected (data, region)"
    )


@pytest.mark.usefixtures("emulator")
def test_a_name_that_is_no_function_any_more_is_told():
    assert wrapped("table", ()).problem() == "pretended_emulator.table is no longer a function"


@pytest.mark.usefixtures("emulator")
def test_every_problem_is_told_with_its_behaviour():
    behaviour = Behaviour("mine", "", "", (wrapped("get"), wrapped("put", ())), lambda _: None)

    assert problems([behaviour]) == [
        "mine: pretended_emulator.get is gone",
        "mine: pretended_emulator.put takes (data), expected ()",
    ]


def test_another_version_of_the_emulator_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contract.metadata, "version", lambda _: "2.0.0")

    with pytest.raises(UserError, match=r"2\.0\.0 is installed, 1\.5\.33 is expected"):
        contract.check_version()


def test_the_pinned_version_is_accepted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contract.metadata, "version", lambda _: "1.5.33")

    contract.check_version()
