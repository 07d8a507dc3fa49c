"""Files as ``flightpulse lab`` hands them to JupyterLab: opening a notebook does not count as changing it.

JupyterLab notes in an opened notebook which kernel it has, down to Python's version, and marks it as changed when that
is news. The notebooks of the checkout name no version, so that they are the same on every machine.
"""

from importlib import import_module
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

_KERNEL = "python3"


class Contents(AsyncLargeFileManager):
    """JupyterLab's own files; a notebook for Python says of its kernel what JupyterLab would note."""

    async def get(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        model: dict[str, Any] = await super().get(*arguments, **options)  # type: ignore[no-untyped-call]
        if model["type"] == "notebook" and model["content"] is not None:
            metadata = model["content"]["metadata"]
            if metadata.get("kernelspec", {}).get("name") == _KERNEL:
                metadata.update(_kernel())
        return model


def _kernel() -> dict[str, Any]:
    spec = KernelSpecManager().get_kernel_spec(_KERNEL)
    language: Any = import_module("ipykernel.ipkernel").IPythonKernel.language_info
    about = {"name": _KERNEL, "display_name": spec.display_name, "language": spec.language}
    return {"kernelspec": about, "language_info": dict(language)}
