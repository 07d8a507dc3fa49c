"""Ids of the local cloud's process: random, and made without asking the kernel, which would let other threads run."""

import base64
import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from ministack import app
from ministack.core import responses

from localcloud.process import ids


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our ids in this process, for one test."""
    monkeypatch.setattr(uuid, "uuid4", uuid.uuid4)
    monkeypatch.setattr(app, "os", os)
    ids.install()


@pytest.mark.usefixtures("_installed")
def test_an_id_of_the_emulator_is_made_without_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a kernel that gives no random numbers
    monkeypatch.delattr(os, "urandom")

    # When ids are made
    made = uuid.UUID(responses.new_uuid())

    # Then they are as they should be
    assert (made.version, made.variant) == (4, uuid.RFC_4122)
    assert len(base64.b64encode(app.os.urandom(48))) == 64
    assert len(ids.hexadecimal(16)) == 16


def test_no_two_threads_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ids.random_uuid(), range(2000)))

    assert len(set(found)) == 2000


def test_a_small_number_has_all_its_digits() -> None:
    assert {len(ids.hexadecimal(2)) for _ in range(500)} == {2}
