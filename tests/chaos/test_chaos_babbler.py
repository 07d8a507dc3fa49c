"""A small model behind --llm-url, in both roles: it makes things up, and approves everything. Nobody reads a word."""

import json
import random
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from flightpulse.messages import review
from flightpulse.paths import ROOT
from flightpulse.workbench import connect
from flightpulse.workbench.fire import scenarios
from flightpulse.workbench.fire.sending import send
from flightpulse.workbench.messages import inbox
from flightpulse.workbench.metrics import metrics
from flightpulse.workbench.target.session import Session
from simulator.scenarios import SCENARIOS
from tests.integration.emulator import Emulator

_CORPUS = ROOT / "tests" / "corpora" / "messages" / "inventions.json"
MADE_UP = [
    sentence
    for sentences in json.loads(
        (ROOT / "tests" / "corpora" / "messages" / "inventions.json").read_text("utf-8")
    ).values()
    for sentence in sentences
    if "{" not in sentence
]


class Babbler(ThreadingHTTPServer):
    """An OpenAI-compatible server; ``said`` counts its replies."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.choice = random.Random(135)
        self.said = 0
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def reply(self, messages: list[dict[str, str]]) -> str:
        """A message with something made up in every part, or the same verdict on everything that looks numbered."""
        self.said += 1
        system, question = messages[0]["content"], messages[-1]["content"]
        if system == review.SYSTEM:
            numbers = re.findall(r"^(\d+)\. ", question, re.MULTILINE)
            return json.dumps({"verdicts": [{"n": int(n), "why": "fine", "verdict": "news"} for n in numbers]})
        first, second, third = self.choice.sample(MADE_UP, 3)
        return json.dumps(
            {
                "subject": f"{{flight}} to {{destination}}: {first}",
                "paragraphs": [f"Hi {{first_name}}, {first}", second, f"{third} {second} {first}"],
                "sms": f"{{first_name}}, {{flight}}: {third}",
            }
        )


class _Handler(BaseHTTPRequestHandler):
    server: Babbler

    def do_GET(self) -> None:
        self._answer({"data": [{"id": "smol-135m"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = self.server.reply(asked["messages"])
        self._answer({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]})

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def _answer(self, fields: dict[str, Any]) -> None:
        content = json.dumps(fields).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(scope="module")
def babbler() -> Iterator[Babbler]:
    with Babbler() as server:
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def session(babbler: Babbler) -> Iterator[Session]:
    with Emulator(options=("--llm-url", babbler.url), back_off_scale=0.1) as emulator:
        connect("local", home=emulator.home).ready()
        yield Session.connect("local", home=emulator.home)


def test_every_scenario_shows_what_it_must_and_nothing_made_up_is_in_any_message(
    session: Session, babbler: Babbler
) -> None:
    began = datetime.now(UTC)
    for scenario in SCENARIOS:
        run = scenarios.run(session, scenario, send=send)
        assert run.ok, [f"{check.expected}: {check.seen}" for check in run.checks if not check.ok]

    messages = inbox.read(session, since=began - timedelta(seconds=2))
    assert babbler.said > 10
    assert len(messages) > 20
    assert {message.written_by for message in messages} == {"fallback"}
    failed = metrics.by_name(metrics.totals(session, since=began))
    assert failed["LLMInvocationsFailed"] > 0
    assert failed.get("LLMInvocationsSuccess", 0) == 0
