"""A model that makes something up in every reply, behind --llm-url: all five scenarios, and everybody's messages."""

import json
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flightpulse.chaos.hallucinations import HALLUCINATIONS
from localcloud.model.stand_in import segment_of

from flightpulse.chaos import replies
from flightpulse.workbench import connect
from flightpulse.workbench.fire import scenarios
from flightpulse.workbench.fire.sending import send
from flightpulse.workbench.messages import inbox
from flightpulse.workbench.metrics import metrics
from flightpulse.workbench.target.session import Session
from localcloud.model.writers import Request
from simulator.scenarios import SCENARIOS
from tests.integration.emulator import Emulator


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
        pairs = tuple((message["role"], message["content"]) for message in messages)
        segment = segment_of(Request("smol-135m", "", pairs))
        assert segment is not None
        self.said += 1
        return replies.bad_reply(segment, self.choice)


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
    made_up = [
        sentence.rstrip(".") for sentences in HALLUCINATIONS.values() for sentence in sentences if "{" not in sentence
    ]
    for message in messages:
        assert not [text for text in made_up if text in message.text], message.text
    failed = metrics.by_name(metrics.totals(session, since=began))
    assert failed["LLMInvocationsFailed"] > 0
    assert failed.get("LLMInvocationsSuccess", 0) == 0
