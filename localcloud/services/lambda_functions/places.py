"""Where a function's code lies on Lambda: what it says of itself names those folders and none of this machine.

https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
"""

import functools
import re
import tempfile
from pathlib import Path
from typing import Any

from localcloud.process.home import RUNTIME_FOLDER


def as_on_lambda(value: Any) -> Any:
    """A text, or JSON with texts in it, with ``/var/task`` and ``/var/runtime`` for the folders of this machine."""
    if isinstance(value, str):
        return _named(value)
    if isinstance(value, list):
        return [as_on_lambda(item) for item in value]
    if isinstance(value, dict):
        return {name: as_on_lambda(item) for name, item in value.items()}
    return value


def _named(text: str) -> str:
    task, runtime = _patterns(tempfile.gettempdir())
    return runtime.sub("/var/runtime", task.sub("/var/task", text))


@functools.cache
def _patterns(temporary: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    code = re.escape(f"{temporary}/ministack-provided-code-") + r"\d+/[0-9a-f]{64}"
    runtime = re.escape(f"{Path(temporary).parent / RUNTIME_FOLDER}/") + r"[\w.-]+"
    return re.compile(code), re.compile(runtime)
