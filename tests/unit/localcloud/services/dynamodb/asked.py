"""Asks the emulator's DynamoDB inside this process."""

import json
from typing import Any


def asked(operation: Any, **request: Any) -> dict[str, Any]:
    status, _, body = operation(request)
    answer: dict[str, Any] = json.loads(body)
    assert status == 200, answer
    return answer
