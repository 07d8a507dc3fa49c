"""Context values are kept with the stack, used again, told, and never loosened unnoticed."""

import json

import pytest

from flightpulse.workbench.deploy.context import Context, kept


def context(kept: dict[str, str], given: dict[str, str], needed: dict[str, str] | None = None) -> Context:
    return Context(kept, given, needed or {}, deployed=True)


def test_values_of_the_last_deployment_count_until_others_are_given() -> None:
    assert context({"network": "none", "removal": "retain"}, {"removal": "destroy"}).values == {
        "network": "none",
        "removal": "destroy",
    }


def test_an_empty_value_goes_back_to_the_default() -> None:
    again = context({"network": "none"}, {"network": ""})
    assert again.values == {}
    assert again.settings.network == "isolated"


def test_what_the_local_cloud_needs_now_counts_before_what_it_needed_then() -> None:
    then, now = {"kafka_bootstrap": "127.0.0.1:1111"}, {"kafka_bootstrap": "127.0.0.1:2222"}
    assert context(then, {}, now).values == now
    assert context(then, {"kafka_bootstrap": "127.0.0.1:3333"}, now).values == {"kafka_bootstrap": "127.0.0.1:3333"}


def test_it_is_told_where_each_value_comes_from() -> None:
    told = str(context({"network": "none"}, {"removal": "retain"}, {"runtime": "python3.12"}))
    assert told == "network=none (kept from the last deployment), removal=retain"
    assert str(context({}, {})) == "nothing but defaults"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"removal": "retain"}, {"removal": ""}, "removal goes from retain to destroy"),
        ({"environment": "production"}, {"environment": "dev"}, "removal goes from retain to destroy"),
        ({}, {"network": "none"}, "network goes from isolated to none"),
        ({"template_review": "person"}, {"template_review": "model"}, "template_review goes from person to model"),
        ({"encryption": "customer"}, {"encryption": "aws"}, "encryption goes from customer to aws"),
        ({"flight_routes": "signed"}, {"flight_routes": "open"}, "flight_routes goes from signed to open"),
        ({"log_retention_days": "90"}, {"log_retention_days": "14"}, "log_retention_days goes from 90 to 14"),
    ],
)
def test_every_loosening_is_told(before: dict[str, str], after: dict[str, str], said: str) -> None:
    (sentence,) = context(before, after).loosened()
    assert sentence.startswith(said)
    assert context({**before, **after}, {}).loosened() == []
    assert Context(before, after, {}, deployed=False).loosened() == []


def test_protecting_more_is_nothing_to_ask_about() -> None:
    assert context({"network": "none"}, {"network": "isolated", "removal": "retain"}).loosened() == []


def test_a_stack_without_the_output_and_keys_of_another_version_are_no_hindrance() -> None:
    assert kept({}) == {}
    assert kept({"Context": "not JSON"}) == {}
    assert kept({"Context": json.dumps({"network": "none", "forgotten_key": "x"})}) == {"network": "none"}
