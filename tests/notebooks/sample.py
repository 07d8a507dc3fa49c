"""A small notebook that keeps every house rule, and folders for notebooks: what the tests of the tools work on."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, v4

from flightpulse import paths
from tools.notebooks.folder import Folder
from tools.notebooks.head import PROVENANCE

NAME = "01-count-the-passengers"

PICTURE = """
# %% [markdown]
# The same as a picture.

# %%
from io import BytesIO
from IPython.display import display
from matplotlib.figure import Figure

figure, drawn = Figure(figsize=(4, 2)), BytesIO()
figure.add_subplot().bar(["on board"], [number])
figure.savefig(drawn)
words = {"image/png": {"alt": "One bar of ten passengers."}}
display({"image/png": drawn.getvalue()}, metadata=words, raw=True)
print("One bar of ten passengers.")
"""

PLAYER = """
# %% [markdown]
# The same as a player, with <a href="../README.md">a link</a>.

# %%
from IPython.display import display

script = "document.getElementById('player').textContent = 'stepping';"
page = f"<div id='player'>not ready</div><script>{script}</script>"
display({"text/html": page, "text/plain": "a player"}, raw=True)
"""

_SECTION = """
# %% [markdown]
# ## How many are on flight {number}?
#
# Every flight has passengers.
#
# **Predict:** how many will there be?

# %%
number = {passengers}

# %% [markdown]
# Look at the line below.

# %% tags=["nbval-check-output"]
print(f"✓ passengers: {{number}}")

# %% [markdown]
# **Takeaway:** there are {passengers}.
"""


def source(*, tier: str = "replay", sections: int = 3, setup: str = "import json", extra: str = "") -> str:
    """The source of a notebook that keeps the house rules; ``extra`` cells end its first section."""
    head = f"""\
# %% [markdown]
# # Count the passengers
#
# You count the passengers of three flights and see that `nobody` is missing.
#
# - **You will:** count passengers
# - **You need:** nothing but this checkout
# - **You know:** how to count
# - **Time:** 1 minute
# - **Cost:** 0
# - **Simplified:** there is no flight,
#   and nobody on it
#
# {PROVENANCE[tier]}

# %% [markdown]
# Kafka → Lambda → EventBridge → **Step Functions** → DynamoDB

# %% tags=["setup"]
{setup}
"""
    closing = """
# %% [markdown]
# ## What we simplified
#
# The flights.

# %% [markdown]
# ## Exercises
#
# 1. Count again, in [the same notebook](01-count-the-passengers.ipynb#Exercises).

# %% [markdown]
# ## Clean up
#
# This may run twice.

# %% tags=["cleanup"]
print("nothing is left")

# %% [markdown]
# ## Where the code lives
#
# In [what may differ](nbval.cfg), and with [the project](../README.md).
"""
    numbered = [_SECTION.format(number=number, passengers=number * 10) for number in range(1, sections + 1)]
    return "".join([head, *numbered[:1], extra, *numbered[1:], closing])


def folder(root: Path, sources: Mapping[str, str], **tiers: list[str]) -> Folder:
    """A folder of notebooks with these sources, and the project's own patterns and conftest beside them.

    A keyword is a tier with its notebooks. Without one, all are ``replay``.
    """
    made = Folder(root / "notebooks")
    (made.path / "src").mkdir(parents=True)
    for name, text in sources.items():
        made.source(name).write_text(text, encoding="utf-8")
    tables = [
        f"[{tier}]\nnotebooks = {names}\ncell_timeout = 60\nbudget = 300\n"
        for tier, names in (tiers or {"replay": list(sources)}).items()
    ]
    made.tiers.write_text("\n".join(tables), encoding="utf-8")
    for name in ("nbval.cfg", "conftest.py"):
        shutil.copy(paths.ROOT / "notebooks" / name, made.path / name)
    made.index.write_text("", encoding="utf-8")
    (root / "README.md").write_text("# The project\n", encoding="utf-8")
    return made


def shown(metadata: dict[str, Any] | None = None, **data: str) -> NotebookNode:
    """An output with data by kind: ``image_png`` is ``image/png``."""
    kinds = {kind.replace("_", "/"): content for kind, content in data.items()}
    return v4.new_output("display_data", data=kinds, metadata=metadata or {})
