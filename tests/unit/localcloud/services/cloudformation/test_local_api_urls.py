"""Addresses of REST APIs, on AWS and here."""

import pytest

from localcloud.services.cloudformation.api_urls import local_url, localised

ENDPOINT = "http://127.0.0.1:4566"


def test_the_address_of_a_stage_becomes_the_local_one():
    url = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/"

    assert localised(url, ENDPOINT) == "http://127.0.0.1:4566/restapis/abc123/prod/_user_request_/"


def test_a_path_below_the_stage_is_kept():
    url = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/flights/SW1234"

    assert localised(url, ENDPOINT) == local_url(ENDPOINT, "abc123", "prod", "/flights/SW1234")


def test_a_path_can_be_put_behind_the_address_of_a_stage_as_on_aws():
    url = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod"

    assert localised(url, ENDPOINT) + "/health" == local_url(ENDPOINT, "abc123", "prod", "/health")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FlightPulseTable",
        "https://sqs.us-east-1.amazonaws.com/000000000000/queue",
        "https://abc123.execute-api.us-east-1.amazonaws.com",
        "https://abc123.execute-api.us-east-1.amazonaws.com/",
        "see https://abc123.execute-api.us-east-1.amazonaws.com/prod/",
        "https://abc123.execute-api.us-east-1.example.com/prod/",
    ],
)
def test_every_other_text_stays_as_it_is(text: str):
    assert localised(text, ENDPOINT) == text
