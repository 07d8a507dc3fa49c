"""Handlers are thin: what a function does is a use case."""

import pytest

from flightpulse.paths import ROOT

HANDLERS = ("kafka_consumer", "llm_messenger", "api", "stream_handler", "settings_resource")


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_has_at_most_sixty_lines(name: str) -> None:
    source = (ROOT / "flightpulse" / "functions" / f"{name}.py").read_text(encoding="utf-8")
    assert "\ndef handler(" in source
    assert len(source.splitlines()) <= 60
