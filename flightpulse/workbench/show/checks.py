"""A check that a reader sees pass: one line with what was found, or one sentence with both values."""

import sys


class CheckError(AssertionError):
    """What was found is not what was wanted. Notebooks show it as one sentence."""

    def __init__(self, what: str, got: object, want: object) -> None:
        super().__init__(f"{what}: got {got!r}, want {want!r}")
        self.what = what
        self.got = got
        self.want = want

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a traceback."""
        return [f"✗ {self}"]


def check(what: str, got: object, want: object) -> None:
    """Print ``✓ what: got`` when the two are equal, else raise :class:`CheckError` with both.

    Sets and mappings are printed in sorted order, so that the line is the same on every run.
    """
    if got != want:
        raise CheckError(what, got, want)
    sys.stdout.write(f"✓ {what}: {_shown(got)}\n")


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(map(_shown, value))) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(value[key])}" for key in sorted(value, key=str)) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "none"
    return str(value)
