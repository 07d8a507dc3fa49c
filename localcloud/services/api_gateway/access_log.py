"""The access log of a REST API's stage: what each ``$context`` variable says about one request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

_VARIABLE = re.compile(r"\$context\.(\w+(?:[.-]\w+)*)")


@dataclass(frozen=True, slots=True)
class Access:
    """One request and its answer. Times are in milliseconds; an empty text is a value that there is not."""

    request_id: str
    account_id: str
    api_id: str
    stage: str
    method: str
    path: str
    resource_path: str
    source_ip: str
    user_agent: str
    integration_ms: float | None
    status: int
    response_length: int
    caller: str = ""
    user_arn: str = ""
    error_message: str = ""
    error_type: str = ""
    trace_id: str = ""
    received_at: float = 0.0
    latency_ms: float = 0.0

    def line(self, log_format: str) -> str:
        """The line for the log; variables without a value are written as a dash."""
        values = self._variables()
        return _VARIABLE.sub(lambda found: values.get(found.group(1)) or "-", log_format)

    def _variables(self) -> dict[str, str]:
        received = datetime.fromtimestamp(self.received_at / 1000, UTC)
        integration = "" if self.integration_ms is None else str(round(self.integration_ms))
        return {
            "requestId": self.request_id,
            "extendedRequestId": self.request_id,
            "accountId": self.account_id,
            "apiId": self.api_id,
            "stage": self.stage,
            "httpMethod": self.method,
            "path": f"/{self.stage}{self.path}",
            "resourcePath": self.resource_path,
            "protocol": "HTTP/1.1",
            "requestTime": received.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": str(int(self.received_at)),
            "status": str(self.status),
            "responseLength": str(self.response_length),
            "responseLatency": str(round(self.latency_ms)),
            "integrationLatency": integration,
            "integration.latency": integration,
            "identity.sourceIp": self.source_ip,
            "identity.userAgent": self.user_agent,
            "identity.caller": self.caller,
            "identity.user": self.caller,
            "identity.userArn": self.user_arn,
            "xrayTraceId": self.trace_id,
            "error.message": self.error_message,
            "error.messageString": json.dumps(self.error_message) if self.error_message else "",
            "error.responseType": self.error_type,
        }
