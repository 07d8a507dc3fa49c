"""Small Lambda functions for tests, made from source text."""

import io
import json
import textwrap
import zipfile
from dataclasses import dataclass
from typing import Any

from tests.integration.emulator import ACCOUNT, Emulator
from tests.waiting import PATIENCE_SECONDS

ROLE = f"arn:aws:iam::{ACCOUNT}:role/function"


@dataclass(frozen=True)
class Answer:
    """What an invocation returned: the payload, and ``error`` when the function failed."""

    payload: Any
    error: str | None


def archive(files: dict[str, str]) -> bytes:
    """A zip of source files by name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in files.items():
            file.writestr(name, textwrap.dedent(text))
    return content.getvalue()


def deploy(emulator: Emulator, name: str, source: str, files: dict[str, str] | None = None, **config: Any) -> str:
    """Create a function whose module is ``source`` and whose handler is its ``handler``; return its ARN."""
    settings = {
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": ROLE,
        "Timeout": int(PATIENCE_SECONDS),
        **config,
    }
    code = {"ZipFile": archive({"index.py": source, **(files or {})})}
    arn: str = emulator.client("lambda").create_function(FunctionName=name, Code=code, **settings)["FunctionArn"]
    return arn


def invoke(emulator: Emulator, name: str, event: Any = None, **parameters: Any) -> Answer:
    """Invoke a function and wait for its answer."""
    client = emulator.client("lambda", read_timeout=PATIENCE_SECONDS)
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **parameters)
    return Answer(json.loads(answer["Payload"].read()), answer.get("FunctionError"))
