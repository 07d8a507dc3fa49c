"""A model that makes something up in every draft and cannot judge either, behind --llm-url: all five scenarios."""

import json
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flightpulse.messages import prompt, review
from flightpulse.messages.news import all_segments
from flightpulse.stand_in.model import template_fields
from flightpulse.workbench import Workbench, connect
from flightpulse.workbench.messages import inbox
from flightpulse.workbench.metrics import metrics
from simulator.scenarios import SCENARIOS
from tests.integration.emulator import Emulator
from tests.synthesis import Synthesise, make_ready

CORPUS = json.loads((Path(__file__).parents[1] / "corpora" / "messages" / "inventions.json").read_text("utf-8"))
INVENTIONS = [sentence for news in CORPUS.values() for sentence in news["inventions"]]
SEGMENTS = {prompt.request(segment): segment for segment in all_segments()}


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
        self.said += 1
        system, asked = messages[0]["content"], messages[1]["content"]
        return self._judge(asked) if system == review.SYSTEM else self._draft(asked)

    def _draft(self, asked: str) -> str:
        """A good template with some of what nobody knows in each paragraph, or no template at all."""
        fields = template_fields(SEGMENTS[asked], self.choice.randrange(1, 60))
        paragraphs = fields["paragraphs"]
        assert isinstance(paragraphs, list)
        fields["paragraphs"] = [f"{text} {self.choice.choice(INVENTIONS)}" for text in paragraphs]
        return self.choice.choice((json.dumps(fields), json.dumps(fields), json.dumps(fields)[:-9], "I am sorry."))

    def _judge(self, asked: str) -> str:
        """Everything is fine, or nothing, or half of the answer is missing."""
        count = len(asked.partition("Sentences:\n")[2].splitlines())
        verdict, left_out = self.choice.choice((("courtesy", 0), ("invention", 0), ("news", count // 2)))
        entries = [{"n": n, "why": "so", "verdict": verdict} for n in range(1, count + 1 - left_out)]
        return json.dumps({"verdicts": entries})


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
def workbench(babbler: Babbler, synthesise: Synthesise) -> Iterator[Workbench]:
    with Emulator(options=("--llm-url", babbler.url), back_off_scale=0.1) as emulator:
        bench = connect("local", home=emulator.home)
        make_ready(bench, synthesise("local"))
        yield bench


@pytest.mark.prove
def test_every_scenario_shows_what_it_must_and_nothing_made_up_is_in_any_message(
    workbench: Workbench, babbler: Babbler
) -> None:
    began = datetime.now(UTC)
    for scenario in SCENARIOS:
        run = workbench.fire(scenario.number)
        assert run.ok, [f"{check.expected}: {check.seen}" for check in run.checks if not check.ok]

    messages = inbox.read(workbench.session, since=began - timedelta(seconds=2))
    assert babbler.said > 10
    assert len(messages) > 20
    assert {message.written_by for message in messages} == {"fallback"}
    made_up = [sentence.rstrip(".") for sentence in INVENTIONS if "{" not in sentence]
    for message in messages:
        assert not [sentence for sentence in made_up if sentence in message.text], message.text
    failed = metrics.by_name(metrics.totals(workbench.session, since=began))
    assert failed["LLMInvocationsFailed"] > 0
    assert failed.get("LLMInvocationsSuccess", 0) == 0
