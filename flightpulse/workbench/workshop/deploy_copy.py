"""Deploys a copy from inside: run as a program with the copy first on Python's path.

The local cloud of the home in FLIGHTPULSE_HOME must run. The package that goes to Lambda, the template and the sample
data are the copy's. Without network endpoints, which a workshop does not look at, there is less to deploy.
"""

import sys

from flightpulse.errors import UserError
from flightpulse.workbench import connect


def main() -> int:
    """Deploy and seed; one sentence on standard error when that fails."""
    try:
        bench = connect()
        bench.stack.deploy(again=True, context={"network": "none"})
        bench.table.load()
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
