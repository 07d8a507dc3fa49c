"""The environment variables of a function's process: AWS's, the function's own, and nothing of ours.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_LOCAL_ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function runs: folders, the Runtime API's address, credentials and region."""

    task_root: str
    runtime_dir: Path
    layer_paths: tuple[str, ...]
    temporary: Path
    runtime_api: str
    region: str
    credentials: Mapping[str, str]
    log_stream: str
    xray_daemon: str


def variables(
    config: Mapping[str, Any], place: Place, own: Mapping[str, str], endpoints: Mapping[str, str]
) -> dict[str, str]:
    """Everything the process gets to see.

    ``own`` are the variables that the function's configuration sets. ``endpoints`` point boto3 at the local cloud; they
    are the only difference from AWS that a function could notice. HOME and TMPDIR keep a function away from the user's
    AWS configuration and from other functions' files.
    """
    logging = config.get("LoggingConfig") or {}
    name = config.get("FunctionName", "")
    values = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(place.temporary),
        "TMPDIR": str(place.temporary),
        "PYTHONPATH": str(place.runtime_dir),
        "LAMBDA_RUNTIME_DIR": str(place.runtime_dir),
        "LAMBDA_TASK_ROOT": place.task_root,
        "_HANDLER": config.get("Handler", ""),
        "_LAYER_PATHS": os.pathsep.join(place.layer_paths),
        "AWS_REGION": place.region,
        "AWS_DEFAULT_REGION": place.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config.get('Runtime', '')}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(config),
        "AWS_LAMBDA_LOG_STREAM_NAME": place.log_stream,
        "AWS_LAMBDA_RUNTIME_API": place.runtime_api,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": place.xray_daemon,
    }
    if logging.get("LogFormat") == "JSON":
        values["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        values["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    values |= {key: value for key, value in place.credentials.items() if value}
    values |= {key: endpoints[key] for key in _LOCAL_ENDPOINTS if endpoints.get(key)}
    return values | dict(own)


def log_group(config: Mapping[str, Any]) -> str:
    """The log group of a function, as configured or by its name."""
    chosen = (config.get("LoggingConfig") or {}).get("LogGroup")
    return str(chosen or f"/aws/lambda/{config.get('FunctionName', '')}")


def new_log_stream(version: str) -> str:
    """A name as Lambda gives to the log stream of each execution environment."""
    return f"{datetime.now(UTC):%Y/%m/%d}/[{version}]{uuid.uuid4().hex}"
