"""Every kind of deployment as a template, for tests and linters.

python -m tools.variants FOLDER     write FOLDER/<kind>/FlightPulseStack.template.json for each
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flightpulse.paths import INFRA
from flightpulse.stack import names, node
from flightpulse.stack.settings import from_context
from flightpulse.workbench.costs.variants import BROKERS, CLUSTER, OWN_NETWORK

BROKER = "127.0.0.1:9092"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666"
CONTEXTS: Mapping[str, dict[str, Any]] = {
    "default": {},
    "bare": {
        "network": "none",
        "alarm_email": "ops@example.com",
        "messenger_concurrency": "5",
        "api_logging": "account",
    },
    "kafka": BROKERS | {"availability_zones": "us-east-1b,us-east-1d"},
    "provisioned": {"kafka_bootstrap": "127.0.0.1:9092", "kafka_provisioned": "true", "network": "none"},
    "production": {
        "environment": "production",
        "model_id": "us.amazon.nova-lite-v1:0",
        "log_retention_days": "90",
        "encryption": "customer",
        "flight_routes": "signed",
        "template_review": "person",
    },
    "local": {"kafka_bootstrap": BROKER, "runtime": f"python{sys.version_info[0]}.{sys.version_info[1]}"},
    "msk": {"kafka_cluster_arn": CLUSTER, "network": "none"},
    "existing": {
        **OWN_NETWORK,
        **BROKERS,
        "kafka_ca_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:kafka-ca-Ab12",
        "kafka_key_arn": KEY,
    },
}
"""The context of each kind."""


def write(name: str, folder: Path) -> Path:
    """Synthesise a kind of deployment under cdk-nag, and give its template. Raises for a finding without a reason."""
    # The CDK starts Node.js when it is imported, so only what needs it does.
    node.prepare()
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks

    from flightpulse.stack.flightpulse_stack import FlightPulseStack

    flags: dict[str, Any] = json.loads((INFRA / "cdk.json").read_text())["context"]
    context = {**flags, **CONTEXTS[name]}
    app = cdk.App(context=context, outdir=str(folder))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    FlightPulseStack(app, names.STACK, settings=from_context(context))
    app.synth()
    return folder / f"{names.STACK}.template.json"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    for name in CONTEXTS:
        print(write(name, Path(sys.argv[1]) / name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
