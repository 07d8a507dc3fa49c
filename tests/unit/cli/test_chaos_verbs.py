"""What the verbs that prove something say and refuse; none of them gets as far as a cloud."""

from typing import Any

import pytest
from click.testing import CliRunner

from flightpulse.chaos import outage
from flightpulse.cli.chaos import chaos
from flightpulse.errors import UserError


def test_the_help_of_every_proof_speaks_to_users_and_names_no_argument_of_a_function() -> None:
    for name in chaos.commands:
        said = CliRunner().invoke(chaos, [name, "--help"]).output.split("Options:")[0]

        assert "``" not in said
        assert "_" not in said
        assert not {"EVENTS", "ALSO", "KINDS", "DISTURB", "RATE"} & set(said.split())


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        ("relays", "nobody told twice. With `flightpulse up --kafka HOST:PORT` it runs on that broker."),
        ("outage", "without anything that the model made up"),
        ("poison", "Raw bytes, cut and doubled JSON, wrong types"),
    ],
)
def test_the_help_of_a_proof_says_what_it_does_and_promises(proof: str, said: str) -> None:
    assert said in " ".join(CliRunner().invoke(chaos, [proof, "--help"]).output.split())


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        (("disorder", "--events", "1"), "2<=x<=50"),
        (("disorder", "--copies", "21"), "1<=x<=20"),
        (("crashes", "--runs", "0"), "1<=x<=10000"),
        (("crashes", "--timeout", "0"), "x>=1"),
        (("poison", "--records", "20001"), "1<=x<=20000"),
        (("pushback", "--rate", "0.91"), "0<=x<=0.9"),
        (("wire", "--rate", "0.61"), "0<=x<=0.6"),
        (("scale", "--bookings", "5001"), "1<=x<=5000"),
        (("outage", "--bookings", "1001"), "1<=x<=1000"),
    ],
)
def test_a_number_out_of_bounds_is_refused_with_its_bounds(words: tuple[str, ...], bounds: str) -> None:
    refused = CliRunner().invoke(chaos, words)

    assert refused.exit_code == 2
    assert bounds in refused.output


def test_a_fault_of_the_model_that_there_is_not_is_answered_with_those_there_are() -> None:
    session: Any = None

    with pytest.raises(UserError, match="no kind 'nonsense'") as refused:
        outage.prove(session, 1, kinds=("throttle", "nonsense"))

    assert "throttle, down, timeout, slow" in str(refused.value.hint)
