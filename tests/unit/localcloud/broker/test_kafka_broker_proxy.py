"""Requests that the embedded broker's port changes on their way."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from localcloud.broker.proxy import with_short_session


def join_group(client_id: bytes | None, group: bytes, session_timeout: int, rest: bytes = b"rest") -> bytes:
    name = struct.pack(">h", -1) if client_id is None else struct.pack(">h", len(client_id)) + client_id
    return name + struct.pack(">h", len(group)) + group + struct.pack(">i", session_timeout) + rest


def test_a_long_session_is_cut_to_six_seconds() -> None:
    assert with_short_session(join_group(b"me", b"news", 45_000)) == join_group(b"me", b"news", 6_000)


def test_a_client_may_have_no_name() -> None:
    assert with_short_session(join_group(None, b"news", 45_000)) == join_group(None, b"news", 6_000)


def test_a_shorter_session_stays() -> None:
    assert with_short_session(join_group(b"me", b"news", 2_000)) == join_group(b"me", b"news", 2_000)


@given(st.binary(max_size=40))
def test_no_request_breaks_it_or_changes_its_length(request: bytes) -> None:
    assert len(with_short_session(request)) == len(request)
