"""Holds replies of language models against lint and reviewer, and prints what each layer catches and lets through.

    python -m tools.messages                       with the verdicts that a capable model gave, recorded by request
    python -m tools.messages --llm-url URL         with the model that an OpenAI-compatible server runs now
    python -m tools.messages --write-missing DIR   write the requests that nobody has answered yet, one file each

The corpora and recordings are in tests/corpora/messages; its README says where they come from. The exit code is 1 when
a request has no recorded answer, and when an invention is approved.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flightpulse.messages import gsm7, lint, prompt, review, wording
from flightpulse.messages.lint import Refusal
from flightpulse.messages.records import Status, TemplateRecord
from flightpulse.messages.replies import request_hash
from flightpulse.messages.review import ReviewRequest
from flightpulse.messages.segments import Segment
from flightpulse.messages.templates import MessageTemplate
from localcloud.model.openai_server import OpenAIServer
from localcloud.model.writers import Request

CORPORA = Path(__file__).resolve().parent.parent / "tests" / "corpora" / "messages"
SENTENCES_PER_REQUEST = 16
IMITATIONS = ("subtle", "small", "tiny")
"""Voices that imitate models which are not at hand: asked for a repair, they say the same again."""


class MissingAnswerError(LookupError):
    """Nobody has recorded what a model answers to this request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply to a drafting request. ``inventions`` are words in it that state what no brief holds."""

    number: int
    segment: Segment
    voice: str
    text: str
    inventions: tuple[str, ...]


@dataclass(slots=True)
class Recordings:
    """Answers by the hash of the request; ``missing`` collects what was asked and is not there."""

    answers: Mapping[str, str]
    missing: dict[str, str] = field(default_factory=dict)

    def answer(self, system: str, user: str, schema: Mapping[str, Any] | None = None, key: str = "") -> str:
        key = key or request_hash(system, user)
        if key not in self.answers:
            form = f"\n\nJSON SCHEMA OF THE REPLY:\n{json.dumps(schema)}" if schema else ""
            self.missing[key] = f"SYSTEM:\n{system}\n\nUSER:\n{user}{form}\n"
            raise MissingAnswerError(key)
        return self.answers[key]


@dataclass(slots=True)
class Server:
    """Asks the model of an OpenAI-compatible server."""

    url: str
    model: str
    missing: dict[str, str] = field(default_factory=dict)

    def answer(self, system: str, user: str, schema: Mapping[str, Any] | None = None, key: str = "") -> str:
        del key
        server = OpenAIServer(self.url, model=self.model, timeout_seconds=300)
        return server.write(Request(self.model, system, (("user", user),), temperature=0, schema=schema)).text


Model = Recordings | Server


@dataclass(frozen=True, slots=True)
class RecordedAuthor:
    """Answers a draft with the corpus's reply, and a repair with what the model says."""

    reply: Reply
    model: Model

    def model_id(self) -> str:
        return self.reply.voice

    def draft(self, *segments: Segment) -> str:
        del segments
        return self.reply.text

    def repair(self, segment: Segment, reply: str, refusals: Sequence[Refusal]) -> str:
        if self.reply.voice in IMITATIONS:
            return reply
        reasons = prompt.repair(refusals)
        asked = f"{prompt.request(segment)}\n\nYour reply:\n{prompt.quoted(reply)}\n\n{reasons}"
        # The reply may be one to an earlier prompt; its repair is found by the reply and what was wrong with it.
        return self.model.answer(prompt.SYSTEM, asked, key=request_hash(prompt.quoted(reply), reasons))


@dataclass(frozen=True, slots=True)
class ModelReviewer:
    """Judges with a model."""

    model: Model

    def model_id(self) -> str:
        return "reviewer"

    def review(self, request: ReviewRequest) -> str:
        return self.model.answer(request.system, request.user, request.schema)


def replies(path: Path) -> Iterator[Reply]:
    """The replies of a corpus: one JSON object a line, with segment, voice, reply and inventions."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        fields = json.loads(line)
        inventions = tuple(gsm7.plain_typography(invention["text"]) for invention in fields["inventions"])
        yield Reply(number, Segment.from_key(fields["segment"]), fields["voice"], fields["reply"], inventions)


@dataclass(slots=True)
class Outcome:
    """What became of one reply. ``record`` is None where an answer is missing."""

    reply: Reply
    passes_lint: bool
    passes_without_sentences: bool
    record: TemplateRecord | None

    @property
    def approved(self) -> bool:
        return self.record is not None and self.record.status is Status.APPROVED

    @property
    def approved_inventions(self) -> list[str]:
        """Labelled inventions in a template that was approved."""
        if not self.approved or self.record is None or self.record.template is None:
            return []
        whole = "\n".join(text for _, text in self.record.template.parts())
        return [invention for invention in self.reply.inventions if invention in whole]


def judge(reply: Reply, model: Model) -> Outcome:
    """Send one reply the way of every draft: lint, review, a repair where it needs one."""
    draft = prompt.read_reply(reply.text)
    refusals = [draft] if isinstance(draft, Refusal) else lint.lint(draft, reply.segment)
    mendable = not isinstance(draft, Refusal) and wording.mended(draft, reply.segment, refusals).template is not None
    try:
        record = wording.draft_and_review(reply.segment, RecordedAuthor(reply, model), ModelReviewer(model))
    except MissingAnswerError:
        record = None
    return Outcome(reply, not refusals, mendable, record)


@dataclass(frozen=True, slots=True)
class Invention:
    """One sentence of the corpus of inventions, and which layer caught it; None where an answer is missing."""

    news: str
    text: str
    caught_by: str | None


def judge_inventions(path: Path, model: Model) -> Iterator[Invention]:
    """Put sentences that pass the lint into an honest template, some at a time, and have it reviewed."""
    for name, fields in json.loads(path.read_text("utf-8")).items():
        segment, plain = Segment.from_key(fields["segment"]), MessageTemplate.from_fields(fields["template"])
        waiting = []
        for text in fields["inventions"]:
            with_one = _adding(plain, [text])
            if any(refusal.sentence and refusal.sentence.text == text for refusal in lint.lint(with_one, segment)):
                yield Invention(name, text, "lint")
            else:
                waiting.append(text)
        for start in range(0, len(waiting), SENTENCES_PER_REQUEST):
            together = waiting[start : start + SENTENCES_PER_REQUEST]
            request = review.review_request(_adding(plain, together), segment)
            try:
                verdicts = review.read_verdicts(ModelReviewer(model).review(request), request)
            except MissingAnswerError:
                yield from (Invention(name, text, None) for text in together)
                continue
            refused = {refusal.sentence.text for refusal in verdicts.refused if refusal.sentence}
            for text in together:
                caught = "reviewer" if text in refused else "reviewer not believed" if verdicts.problem else "neither"
                yield Invention(name, text, caught)


def _adding(template: MessageTemplate, sentences: Sequence[str]) -> MessageTemplate:
    """The template with the sentences shared out to its paragraphs."""
    paragraphs = list(template.paragraphs)
    for number, sentence in enumerate(sentences):
        at = number % len(paragraphs)
        paragraphs[at] = f"{paragraphs[at]} {sentence}"
    return MessageTemplate(template.subject, tuple(paragraphs), template.sms)


def print_replies(title: str, outcomes: Sequence[Outcome]) -> None:
    """One line for each voice, honest replies and those with inventions apart."""
    print(f"\n{title}")
    print(
        f"  {'voice':10} {'replies':>8} {'pass lint':>10} {'or without':>11} {'approved':>9} {'repaired':>9}"
        f" {'refused':>8} {'missing':>8}   inventions: {'caught by lint':>14} {'by reviewer':>12} {'by neither':>11}"
    )
    for voice in dict.fromkeys(outcome.reply.voice for outcome in outcomes):
        for kind, wanted in (("", False), (" !", True)):
            chosen = [
                outcome
                for outcome in outcomes
                if outcome.reply.voice == voice and bool(outcome.reply.inventions) is wanted
            ]
            if chosen:
                print(f"  {voice + kind:10} {_row(chosen)}")
    print("  ! replies with inventions; 'or without': after leaving out sentences that break a rule")


def _row(outcomes: Sequence[Outcome]) -> str:
    missing = sum(outcome.record is None for outcome in outcomes)
    approved = [outcome for outcome in outcomes if outcome.approved]
    repaired = sum(outcome.record is not None and outcome.record.repaired for outcome in approved)
    layers: Counter[str] = Counter()
    for outcome in outcomes:
        for invention in outcome.reply.inventions:
            layers[_layer(outcome, invention)] += 1
    return (
        f"{len(outcomes):8} {sum(outcome.passes_lint for outcome in outcomes):10}"
        f" {sum(outcome.passes_without_sentences for outcome in outcomes):11} {len(approved) - repaired:9} {repaired:9}"
        f" {len(outcomes) - len(approved) - missing:8} {missing:8}"
        f"               {layers['lint']:14} {layers['reviewer']:12} {layers['neither']:11}"
    )


def _layer(outcome: Outcome, invention: str) -> str:
    if outcome.record is None:
        return "missing"
    if invention in outcome.approved_inventions:
        return "neither"
    rules = (refusal.rule for refusal in outcome.record.reasons if _names(refusal, invention))
    by_review = any(rule in (lint.Rule.REVIEW, lint.Rule.REVIEWER) for rule in rules)
    return "reviewer" if by_review else "lint"


def _names(refusal: Refusal, invention: str) -> bool:
    if refusal.rule is lint.Rule.REVIEWER or refusal.sentence is None:
        return True
    return invention in refusal.sentence.text or refusal.sentence.text in invention


def print_inventions(inventions: Sequence[Invention]) -> None:
    """One line for each news: which layer caught how many of the sentences."""
    layers = ("lint", "reviewer", "reviewer not believed", "neither", None)
    print(f"\nInventions in plain words: {len(inventions)} sentences")
    print(f"  {'news':10} {'sentences':>9} " + " ".join(f"{layer or 'missing':>21}" for layer in layers))
    for name in (*dict.fromkeys(invention.news for invention in inventions), "in all"):
        chosen = [invention for invention in inventions if name in (invention.news, "in all")]
        counts = Counter(invention.caught_by for invention in chosen)
        print(f"  {name:10} {len(chosen):9} " + " ".join(f"{counts[layer]:21}" for layer in layers))
    for invention in inventions:
        if invention.caught_by == "neither":
            print(f"  caught by neither: {invention.news}: {invention.text}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the evaluation; the exit code is 1 for an approved invention or a missing answer."""
    parser = argparse.ArgumentParser(prog="python -m tools.messages", description=__doc__.splitlines()[0])
    parser.add_argument("--llm-url", help="an OpenAI-compatible server; without it recorded answers are used")
    parser.add_argument("--model", default="default", help="the model's name at that server")
    parser.add_argument("--recordings", type=Path, default=CORPORA / "recordings.jsonl")
    parser.add_argument("--write-missing", type=Path, metavar="DIR", help="write requests without an answer to files")
    parser.add_argument("--show-refused", action="store_true", help="list why honest replies are refused or shortened")
    wishes = parser.parse_args(arguments)
    model = Server(wishes.llm_url, wishes.model) if wishes.llm_url else Recordings(recorded(wishes.recordings))
    outcomes = {
        title: [judge(reply, model) for reply in replies(CORPORA / name)]
        for title, name in (
            ("Replies to earlier prompts", "replies.jsonl"),
            ("Replies to today's prompts", "drafts.jsonl"),
        )
        if (CORPORA / name).exists()
    }
    inventions = list(judge_inventions(CORPORA / "inventions.json", model))
    for title, judged in outcomes.items():
        print_replies(title, judged)
    print_inventions(inventions)
    everything = [outcome for judged in outcomes.values() for outcome in judged]
    if wishes.show_refused:
        _print_refused(everything)
    approved = [
        f"{outcome.reply.segment.key}: {text}" for outcome in everything for text in outcome.approved_inventions
    ]
    for text in approved:
        print(f"\nAn invention is approved: {text}", file=sys.stderr)
    if model.missing:
        print(f"\n{len(model.missing)} requests have no recorded answer.", file=sys.stderr)
        if wishes.write_missing:
            wishes.write_missing.mkdir(parents=True, exist_ok=True)
            for key, text in model.missing.items():
                (wishes.write_missing / f"{key}.txt").write_text(text, "utf-8")
    return 1 if model.missing or approved else 0


def _print_refused(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.record is not None and outcome.record.reasons:
            print(
                f"\n{outcome.reply.voice} {outcome.reply.number} {outcome.reply.segment.key}: {outcome.record.status}"
            )
            for refusal in outcome.record.reasons:
                print(f"  {refusal}")


def recorded(path: Path) -> dict[str, str]:
    """Answers by hash, one JSON object a line."""
    if not path.exists():
        return {}
    lines = map(json.loads, path.read_text("utf-8").splitlines())
    return {line["hash"]: line["reply"] for line in lines}


if __name__ == "__main__":
    sys.exit(main())
