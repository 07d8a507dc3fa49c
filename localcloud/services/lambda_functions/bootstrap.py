"""Starts one execution environment of a function: AWS's runtime interface client, and no package but Lambda's own.

A copy of this file is run as a program by an interpreter that is isolated (-I) and knows no site packages (-S). Its
folder holds what Lambda provides. The search path is Lambda's: the function, its layers, the runtime, the standard
library.
"""

import gc
import os
import sys
from pathlib import Path


def main() -> None:
    """Hand over to the runtime interface client, which asks for invocations until it is ended."""
    runtime = str(Path(__file__).parent)
    layers = os.environ.pop("_LAYER_PATHS", "").split(os.pathsep)
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *filter(None, layers), runtime]
    sys.argv = ["bootstrap", os.environ["_HANDLER"]]
    # What an init phase makes stays: looking for garbage as often as Python does takes a tenth of it.
    gc.set_threshold(20_000)
    from awslambdaric.__main__ import main as run_client

    run_client(sys.argv)


if __name__ == "__main__":
    main()
