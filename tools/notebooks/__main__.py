"""The command line for those who write notebooks; ``python -m tools.notebooks --help`` says what it can do."""

import os
import subprocess
import sys
from pathlib import Path

import click

from flightpulse import paths
from flightpulse.errors import UserError
from tools.notebooks import build as building
from tools.notebooks import index as indexing
from tools.notebooks import site as publishing
from tools.notebooks import slides as decks
from tools.notebooks import style as house
from tools.notebooks import tiers
from tools.notebooks.folder import Folder

SITE = paths.ROOT / "build" / "site"
SLIDES = paths.ROOT / "build" / "slides"
_names = click.argument("names", nargs=-1, metavar="[NN|NAME]...")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Another folder of notebooks.")
@click.pass_context
def cli(context: click.Context, folder: Path | None) -> None:
    """Build, check and publish the notebooks. Without a number or a name a command is about all of them."""
    context.obj = Folder(folder.resolve()) if folder else Folder()


@cli.command()
@click.option("--anew", is_flag=True, help="Write all anew, also those that say nothing new.")
@_names
@click.pass_obj
def build(folder: Folder, names: tuple[str, ...], anew: bool) -> None:
    """Execute sources and write the notebooks and the index. The tier aws is built only by name."""
    listed = tiers.load(folder.tiers)
    chosen = [name for name in folder.select(names) if names or listed.of(name).runs_unattended]
    building.build(folder, chosen, click.echo, anew=anew)


@cli.command()
@click.option("--run", is_flag=True, help="Execute the sources again and compare every output.")
@_names
@click.pass_obj
def check(folder: Folder, names: tuple[str, ...], run: bool) -> None:
    """Say whether the committed notebooks are still what their sources give."""
    chosen = folder.select(names)
    wrong = building.stale(folder, chosen)
    if run and not wrong:
        wrong = [str(change) for change in building.changes(folder, chosen, click.echo)]
    _report(wrong, f"{len(chosen)} notebooks are as their sources say.", "Build again: python -m tools.notebooks build")


@cli.command()
@_names
@click.pass_obj
def style(folder: Folder, names: tuple[str, ...]) -> None:
    """Hold the built notebooks against the house rules."""
    listed = tiers.load(folder.tiers)
    chosen = [name for name in folder.select(names) if folder.notebook(name).exists()]
    wrong = [found for name in chosen for found in house.problems(house.page(folder, name, listed.of(name).name))]
    _report(wrong, f"{len(chosen)} notebooks keep the house rules.", "Correct the sources and build again.")


@cli.command(context_settings={"ignore_unknown_options": True})
@click.option("-n", "workers", default="2", show_default=True, help="How many notebooks run at a time.")
@_names
@click.pass_obj
def test(folder: Folder, names: tuple[str, ...], workers: str) -> None:
    """Run the notebooks with nbval and compare what their checks print."""
    chosen = [str(folder.notebook(name)) for name in folder.select(names)] if names else [str(folder.path)]
    if not folder.committed():
        click.echo("There is no notebook to test yet.")
        return
    parallel = ["-n", workers, "--dist", "loadscope"] if workers not in ("0", "1") else []
    compare = ["--nbval-lax", "--nbval-current-env", f"--nbval-sanitize-with={folder.patterns}"]
    ran = subprocess.run([sys.executable, "-m", "pytest", *chosen, *compare, *parallel], cwd=paths.ROOT, check=False)
    sys.exit(ran.returncode)


@cli.command()
@click.pass_obj
def index(folder: Folder) -> None:
    """Write the index, notebooks/README.md, from the notebooks' heads."""
    indexing.write(folder)
    click.echo(f"{len(folder.committed())} notebooks are in {folder.index.name}.")


@cli.command()
@click.option(
    "--to", "target", type=click.Path(file_okay=False, path_type=Path), default=SITE, help="Where to write it."
)
@click.option("--repository", default="", metavar="URL", help="Where the checkout's files can be browsed, for links.")
@click.pass_obj
def site(folder: Folder, target: Path, repository: str) -> None:
    """Write the executed notebooks as web pages that work offline, from a file or from any server."""
    pages = publishing.write(folder, target, repository=repository)
    click.echo(f"{len(pages)} pages are in {os.path.relpath(target)}: open index.html.")


@cli.command()
@click.option(
    "--to", "target", type=click.Path(file_okay=False, path_type=Path), default=SLIDES, help="Where to write them."
)
@_names
@click.pass_obj
def slides(folder: Folder, names: tuple[str, ...], target: Path) -> None:
    """Write notebooks as decks of slides that open from a file. Space goes on; players step on their slide."""
    for name in folder.select(names):
        page = decks.write(folder, name, target)
        click.echo(f"{os.path.relpath(page)}")


def _report(wrong: list[str], right: str, way_out: str) -> None:
    if wrong:
        raise UserError("\n".join(wrong), hint=f"\n{way_out}")
    click.echo(right)


def main() -> None:
    """Run the command line; what a person can put right ends as a few words, not as a traceback."""
    try:
        cli(prog_name="python -m tools.notebooks")
    except UserError as error:
        click.echo(f"✗ {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
