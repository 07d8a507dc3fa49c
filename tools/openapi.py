"""The REST API's OpenAPI document, from its handlers.

python -m tools.openapi          write flightpulse/functions/openapi.json
python -m tools.openapi --print  print it
"""

import json
import sys
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, Server

from flightpulse.functions import api_document, api_routes
from flightpulse.paths import ROOT

PATH = ROOT / "flightpulse" / "functions" / "openapi.json"


def document() -> dict[str, Any]:
    """The document as the handlers describe it."""
    found: dict[str, Any] = json.loads(
        api_routes.app.get_openapi_json_schema(
            title="FlightPulse",
            version="1.0.0",
            description="Flights, passengers and bookings as FlightPulse knows them.",
            servers=[Server(url="/prod", description="The stage of the deployed API")],
            security_schemes={
                "sigv4": APIKey(
                    name="Authorization",
                    in_=APIKeyIn.header,
                    description="AWS Signature Version 4 for the service execute-api",
                )
            },
        )
    )
    for path in found["paths"].values():
        for operation in path.values():
            operation.setdefault("parameters", []).extend(operation.pop(api_document.QUERY, []))
            # Powertools adds the refusal of its own validation, which these handlers do not use.
            operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        found["components"].get("schemas", {}).pop(unused, None)
    return found


def text() -> str:
    """The document as it is in the repository."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    if "--print" in sys.argv[1:]:
        print(text(), end="")
    else:
        PATH.write_text(text(), encoding="utf-8")
        print(f"Written: {PATH.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
