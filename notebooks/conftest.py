"""How nbval runs the notebooks: always in the same surroundings, with its worker's own local cloud if need be.

``tiers.toml`` says what a notebook needs, how strictly it is compared and how long it may take. After a cell has failed
the rest of its notebook is skipped, because the cells after it would only fail for the same reason.
"""

import os
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flightpulse.errors import UserError
from tools.notebooks import tiers
from tools.notebooks.sandbox import Sandbox

_HERE = Path(__file__).resolve().parent
_SANDBOX = pytest.StashKey[Sandbox]()
_TIERS = pytest.StashKey[tiers.Tiers]()
_FAILED = pytest.StashKey[str]()
_SPLITTING = ("load", "loadgroup", "worksteal", "each")
_NBVALS_OWN_TIMEOUT = 2000
# How often something is tried again is compared, and not how long that took.
_BACK_OFF_SCALE = 0.1
_TIMEOUT = pytest.StashKey[float]()


def _is_cell(item: pytest.Item) -> bool:
    return type(item).__name__ == "IPyNbCell"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SANDBOX] = Sandbox(back_off_scale=_BACK_OFF_SCALE)
    config.stash[_TIMEOUT] = config.getoption("nbval_cell_timeout", _NBVALS_OWN_TIMEOUT)
    try:
        config.stash[_TIERS] = tiers.load(_HERE / "tiers.toml")
    except UserError as error:
        raise pytest.UsageError(str(error)) from error
    # What the project's own runs say on the command line holds where nobody says anything.
    if getattr(config.option, "nbval_sanitize_with", "") is None:
        config.option.nbval_sanitize_with = str(_HERE / "nbval.cfg")
    if getattr(config.option, "nbval_kernel_name", "") is None:
        config.option.nbval_current_env = True
    if config.getoption("dist", "no") in _SPLITTING and config.getoption("nbval", False) | config.getoption(
        "nbval_lax", False
    ):
        raise pytest.UsageError("The cells of a notebook belong into one kernel: use --dist loadscope.")


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_SANDBOX].close()


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Every output of the notebooks that need nothing is compared, and of the others what their checks print.

    That is so with --nbval as with --nbval-lax: what the others show is of one run, with its ids and times.
    """
    if type(collector).__name__ == "IPyNbFile":
        collector.compare_outputs = _tier(collector).compares_everything


# Innermost: pytest's own wrappers must have prepared the item when it is skipped here.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    if not _is_cell(item):
        return (yield)
    failed = item.parent.stash.get(_FAILED, "")
    if failed:
        pytest.skip(f"{failed} of this notebook failed")
    tier = _tier(item)
    if not tier.runs_unattended:
        pytest.skip("needs an AWS account")
    # Half an hour is nbval's default; a time limit on the command line stays.
    if item.config.stash[_TIMEOUT] == _NBVALS_OWN_TIMEOUT:
        item.config.option.nbval_cell_timeout = tier.cell_timeout
    # The first cell of a notebook starts its kernel, which takes over what is in the environment then.
    with _environment(item.config.stash[_SANDBOX].variables(tier)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if _is_cell(item) and report.failed:
        item.parent.stash.setdefault(_FAILED, item.name)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Clean up, and say that a run in which a notebook took longer than it may has failed.

    pytest-xdist kills a worker that has not ended ten seconds after its session, and its cloud may take longer to stop.
    """
    session.config.stash[_SANDBOX].close()
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or exitstatus != pytest.ExitCode.OK:
        return
    if any(taken > budget for _, taken, budget in _times(session.config, reporter)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """Say how long each notebook took, with its kernel and, for the first one of a worker, with the local cloud."""
    times = _times(config, terminalreporter)
    if not times:
        return
    terminalreporter.section("notebooks")
    for name, taken, budget in times:
        verdict = "ok" if taken <= budget else f"OVER its budget of {budget:g} s in tiers.toml"
        terminalreporter.write_line(f"{name:<40} {taken:6.1f} s  {verdict}")


def _times(config: pytest.Config, reporter) -> list[tuple[str, float, float]]:
    taken: dict[str, float] = defaultdict(float)
    for reports in reporter.stats.values():
        for report in reports:
            path = Path(str(getattr(report, "fspath", "")))
            if path.suffix == ".ipynb" and hasattr(report, "duration"):
                taken[path.stem] += report.duration
    return [(name, seconds, config.stash[_TIERS].of(name).budget) for name, seconds in sorted(taken.items())]


def _tier(node: pytest.Item | pytest.Collector) -> tiers.Tier:
    try:
        return node.config.stash[_TIERS].of(node.path.stem)
    except UserError as error:
        raise pytest.UsageError(str(error)) from error


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """This process's environment is exactly this for a moment."""
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(variables)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
