"""The names of the emulator that the behaviours use, as their sources say, with the parameters of the functions.

``python -m tests.unit.localcloud.emulator_names > tests/unit/localcloud/emulator_names.txt`` writes down what a newly
pinned emulator has, once each difference has been looked at.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RECORDED = Path(__file__).with_suffix(".txt")


def lines() -> list[str]:
    """Each name as ``module.name`` or ``module.name(parameters)``; one that is gone says so."""
    files = (ROOT / "localcloud").rglob("*.py")
    return sorted({_described(*name) for path in files for name in _used(ast.parse(path.read_text(encoding="utf-8")))})


def only_assigned() -> list[str]:
    """Places where a name of the emulator is assigned and never read, so that nobody would notice that it is gone."""
    found = []
    for path in (ROOT / "localcloud").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        modules = {
            imported.asname or imported.name
            for node in imports
            if str(node.module).startswith("ministack")
            for imported in node.names
        }
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        ours = [node for node in names if isinstance(node.value, ast.Name) and node.value.id in modules]
        read = {ast.unparse(node) for node in ours if isinstance(node.ctx, ast.Load)}
        found += [f"{path.relative_to(ROOT)}: {name}" for name in {ast.unparse(node) for node in ours} - read]
    return sorted(found)


def _used(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The emulator's modules and the names in them that a source uses or replaces, also by ``getattr``."""
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("ministack"):
            for imported in node.names:
                if _is_module(f"{node.module}.{imported.name}"):
                    modules[imported.asname or imported.name] = f"{node.module}.{imported.name}"
                else:
                    yield str(node.module), imported.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield modules[node.value.id], node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("_"):
            yield from ((name, node.value) for name in modules.values() if hasattr(_module(name), node.value))


def _described(module: str, name: str) -> str:
    if not hasattr(_module(module), name):
        return f"{module}.{name} is gone"
    found = getattr(_module(module), name)
    parameters = f"({', '.join(inspect.signature(found).parameters)})" if inspect.isroutine(found) else ""
    return f"{module}.{name}{parameters}"


def _is_module(name: str) -> bool:
    try:
        _module(name)
    except ImportError:
        return False
    return True


def _module(name: str) -> object:
    return importlib.import_module(name)


if __name__ == "__main__":
    print("\n".join(lines()))  # noqa: T201
