"""Runs a notebook from top to bottom in a kernel of this very Python."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ipykernel.kernelspec
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from flightpulse.errors import UserError

SKIPPED = "nbval-skip"


class ThisPython(KernelSpecManager):
    """Knows one kernel, whatever it is asked for: another one may be installed for the user under the same name."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002
        return KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict())


class ThisPythonsKernel(AsyncKernelManager):
    """Starts that kernel."""

    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return ThisPython()


def execute(notebook: NotebookNode, *, name: str, cwd: Path, variables: Mapping[str, str], timeout: float) -> None:
    """Fill in the outputs. Raises UserError, after printing what the cell said, when one fails or takes too long."""
    client = NotebookClient(
        notebook,
        kernel_manager_class=ThisPythonsKernel,
        timeout=int(timeout),
        startup_timeout=60,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        skip_cells_with_tag=SKIPPED,
        resources={"metadata": {"path": str(cwd)}},
    )
    options: dict[str, Any] = {"env": dict(variables), "stderr": subprocess.DEVNULL}
    try:
        client.execute(**options)
    except CellTimeoutError as error:
        raise UserError(f"A cell of {name} took longer than {timeout:g} s.", hint=_first_line(error)) from error
    except (CellExecutionError, CellControlSignal) as error:
        print(f"{error}", file=sys.stderr)
        raise UserError(f"A cell of {name} failed; its words are above.") from error
    except DeadKernelError as error:
        raise UserError(f"The kernel of {name} died.") from error


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), "")
