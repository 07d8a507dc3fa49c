"""Request validators as CloudFormation creates and updates them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack import app as emulator
from ministack.core import responses
from ministack.services import apigateway_v1 as api

from localcloud.behaviours import LocalContext
from localcloud.services.api_gateway import requests
from localcloud.services.cloudformation import resource_types

KIND = "AWS::ApiGateway::RequestValidator"


@pytest.fixture
def rest_api() -> Iterator[str]:
    """The id of a REST API without validators, in an emulator with the behaviour."""
    before = [(known, dict(known)) for known in (vars(emulator), vars(api), resource_types.HANDLERS)]
    with responses.request_scope("000000000000", "us-east-1"):
        requests.install(LocalContext(Path(), 0, ""))
        yield str(json.loads(api._create_rest_api({"name": "flights"})[2])["id"])
        for known, as_it_was in before:
            known.update(as_it_was)
        api.reset()


def validators(rest_api: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads(api._get_request_validators(rest_api, {})[2])["item"]
    return items


def test_an_update_changes_what_is_validated_and_keeps_the_validator(rest_api: str) -> None:
    handler = resource_types.HANDLERS[KIND]
    old = {"RestApiId": rest_api, "Name": "v", "ValidateRequestBody": True}
    validator_id, _ = handler["create"]("Validator", old, "stack")

    new = {"RestApiId": rest_api, "Name": "v", "ValidateRequestParameters": "true"}
    updated = handler["update"](validator_id, old, new, "stack")

    assert updated == (validator_id, {"RequestValidatorId": validator_id})
    assert validators(rest_api) == [
        {"id": validator_id, "name": "v", "validateRequestBody": False, "validateRequestParameters": True}
    ]


def test_another_name_replaces_the_validator(rest_api: str) -> None:
    handler = resource_types.HANDLERS[KIND]
    old = {"RestApiId": rest_api, "Name": "old"}
    validator_id, _ = handler["create"]("Validator", old, "stack")

    replaced, attributes = handler["update"](validator_id, old, {**old, "Name": "new"}, "stack")

    assert replaced == attributes["RequestValidatorId"] != validator_id
    assert [(found["id"], found["name"]) for found in validators(rest_api)] == [(replaced, "new")]
