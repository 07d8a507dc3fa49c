"""The workbench makes the model endpoint misbehave for the length of a block."""

from collections.abc import Iterator

import pytest

from flightpulse.errors import UserError
from flightpulse.stand_in.model import StandIn
from flightpulse.stand_in.spoilers import SPOILERS
from flightpulse.workbench.faults.fault_page import FaultPage
from flightpulse.workbench.faults.model_faults import misbehaving
from localcloud.model import ModelServer
from tests.integration.model.test_model_server import ask, client


@pytest.fixture
def server() -> Iterator[ModelServer]:
    running = ModelServer(StandIn(), spoilers=SPOILERS)
    yield running
    running.stop()


def test_only_what_was_asked_meanwhile_is_told(server: ModelServer) -> None:
    bedrock = client(server)
    ask(bedrock)

    with misbehaving(FaultPage(server.url), [{"kind": "empty", "times": 1}], 0) as watch:
        ask(bedrock, requestMetadata={"role": "author"})
        ask(bedrock, requestMetadata={"role": "reviewer"})
    ask(bedrock)

    seen = [(call.role, call.turn, call.fault, call.status) for call in watch.calls]
    assert seen == [("author", 1, "empty", 200), ("reviewer", 1, "", 200)]
    assert watch.table().column("asked as") == ["author", "reviewer"]
    assert watch.table().column("fault") == ["empty", "none"]


def test_the_faults_end_with_the_block_even_when_it_fails(server: ModelServer) -> None:
    with pytest.raises(RuntimeError), misbehaving(FaultPage(server.url), [{"kind": "throttle"}], 0):
        raise RuntimeError

    assert server.faults.waiting() == []


def test_a_fault_that_there_is_not_gets_one_sentence_and_changes_nothing(server: ModelServer) -> None:
    with (
        pytest.raises(UserError, match="no such fault: a fault needs a kind out of"),
        misbehaving(FaultPage(server.url), [{"kind": "bribe"}], 0),
    ):
        pytest.fail("the block must not begin")

    assert server.faults.waiting() == []


def test_a_model_that_is_gone_gets_one_sentence(server: ModelServer) -> None:
    server.stop()

    with pytest.raises(UserError, match="does not answer"), misbehaving(FaultPage(server.url), [], 0):
        pytest.fail("the block must not begin")
