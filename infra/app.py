"""The CDK app: what `cdk synth`, `cdk deploy` and `cdk destroy` in this folder run.

Choices are context values, such as `cdk deploy -c network=none`; flightpulse/stack/settings.py has them all.
"""

import gc
import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"


def main() -> int:
    """Synthesise the stack into the cloud assembly; the exit code says whether that went well."""
    sys.path.insert(0, str(ROOT))
    # It ends before garbage matters; looking for some takes a seventh of its time.
    gc.disable()
    if importlib.util.find_spec("aws_cdk") is None:
        return _use_the_projects_python()

    from flightpulse.errors import UserError
    from flightpulse.stack import node

    try:
        node.prepare()
        _synthesise()
    except UserError as error:
        return _complain(str(error))
    return 0


def _synthesise() -> None:
    import aws_cdk as cdk

    from flightpulse.stack import names
    from flightpulse.stack.flightpulse_stack import FlightPulseStack
    from flightpulse.stack.settings import from_context

    # The check against CloudFormation's rules is two thirds of the work; `synth`, tests and deployments to AWS have it.
    app = cdk.App(builtin_cloud_formation_validation=not _for_the_local_cloud())
    context = {**_of_the_local_cloud(), **app.node.get_all_context()}
    FlightPulseStack(app, names.STACK, settings=from_context(context))
    app.synth()


def _of_the_local_cloud() -> dict[str, str]:
    """What `flightpulse deploy` says to the local cloud, for a `cdk deploy` by hand after `flightpulse env`."""
    broker = os.environ.get("KAFKA_BOOTSTRAP")
    if not broker or not _for_the_local_cloud():
        return {}
    return {"kafka_bootstrap": broker, "runtime": f"python{sys.version_info.major}.{sys.version_info.minor}"}


def _for_the_local_cloud() -> bool:
    return os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://127.0.0.1:")


def _use_the_projects_python() -> int:
    """Start again with the virtual environment's Python: the CDK CLI runs whichever `python3` is first on PATH."""
    if PYTHON.exists() and Path(sys.prefix) != PYTHON.parent.parent:
        os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606
    return _complain("aws-cdk-lib is not installed for this Python. Run `make setup`.")


def _complain(message: str) -> int:
    sys.stderr.write(f"flightpulse: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
