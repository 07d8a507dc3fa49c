"""The function of the other design: asks the model for one passenger's message."""

import os
from typing import Any

import boto3

SYSTEM = (
    "You write short, kind and precise messages from an airline to one passenger about a change of the flight. "
    "Say what happened, what it means and what to do next. Invent nothing."
)
bedrock = boto3.client("bedrock-runtime")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One call of the model; answers with its text and the tokens that it took."""
    news = "\n".join(f"{name}: {value}" for name, value in event["event"].items())
    question = f"Passenger: {event.get('first_name')}, {event.get('tier')}\n{news}"
    answer = bedrock.converse(
        modelId=os.environ["MODEL_ID"],
        system=[{"text": SYSTEM}],
        messages=[{"role": "user", "content": [{"text": question}]}],
        inferenceConfig={"maxTokens": 500},
        # What the stand-in goes by to write a message; a real model needs it not.
        requestMetadata={"role": "author", "segment": os.environ["SEGMENT"]},
    )
    usage = answer["usage"]
    return {
        "text": answer["output"]["message"]["content"][0]["text"],
        "tokens": {"in": usage["inputTokens"], "out": usage["outputTokens"]},
    }
