"""The behaviours know the inside of one version of the emulator, and say so when it is another."""

from pathlib import Path
from types import ModuleType

import pytest

from flightpulse.errors import UserError
from localcloud import behaviours
from localcloud.behaviours import LocalContext
from localcloud.process import version
from localcloud.services import handlers
from tests.unit.localcloud import emulator_names


def test_every_name_that_a_behaviour_uses_is_as_it_was_when_the_behaviour_was_written():
    recorded = emulator_names.RECORDED.read_text(encoding="utf-8").splitlines()

    assert emulator_names.lines() == recorded, emulator_names.__doc__


def test_a_name_that_is_gone_is_refused_naming_it(monkeypatch: pytest.MonkeyPatch):
    def fails(_: str) -> None:
        raise AttributeError("module 'ministack.services.dynamodb' has no attribute '_put_item'")

    monkeypatch.setattr(behaviours.importlib, "import_module", fails)

    with pytest.raises(UserError, match=r"not as expected: dynamodb: .*_put_item"):
        behaviours.install(["dynamodb"], LocalContext(Path(), 0, ""))


def test_a_name_is_replaced_only_where_there_is_one():
    module = ModuleType("ministack.services.example")
    module.__dict__["known"] = 1

    handlers.replace(module, {"known": 2})

    assert module.__dict__["known"] == 2
    with pytest.raises(AttributeError, match=r"ministack\.services\.example.* 'unknown'"):
        handlers.replace(module, {"unknown": 2})


def test_no_behaviour_replaces_a_name_without_noticing_that_it_is_gone():
    assert emulator_names.only_assigned() == []


def test_another_version_of_the_emulator_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(version.metadata, "version", lambda _: "2.0.0")

    with pytest.raises(UserError, match=r"ministack 2\.0\.0 is installed, 1\.5\.33 is expected"):
        version.check_emulator()


def test_the_pinned_version_is_accepted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(version.metadata, "version", lambda _: "1.5.33")

    version.check_emulator()
