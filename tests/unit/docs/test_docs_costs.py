"""The page of costs is what the command prints: templates, the recorded run and the price table say the same."""

from flightpulse.paths import ROOT
from flightpulse.stack.settings import from_context
from flightpulse.workbench.costs import idle_cost, page
from flightpulse.workbench.costs.variants import VARIANTS
from tests.synthesis import Synthesise
from tools.variants import CONTEXTS

SYNTHESISED = ("bare", "msk", "provisioned", "existing", "default", "kafka")
"""Contexts of the tests of the stack that are paid as the variants are, in their order."""


def test_the_page_is_what_the_command_prints(synthesise: Synthesise) -> None:
    costs = {
        variant.name: idle_cost.of(synthesise(name).document)
        for variant, name in zip(VARIANTS, SYNTHESISED, strict=True)
    }

    written = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")

    assert written == page.page(costs), "write it again: flightpulse cost --page > docs/costs.md"


def test_the_variants_are_those_that_are_synthesised_here() -> None:
    def paid(context: dict[str, object]) -> tuple[object, ...]:
        settings = from_context(context)
        return settings.network, settings.kafka is not None, settings.kafka is not None and settings.kafka.provisioned

    assert [paid(dict(variant.context)) for variant in VARIANTS] == [paid(dict(CONTEXTS[name])) for name in SYNTHESISED]
