"""The behaviour `xray`: traces are collected and can be asked for. The emulator has no such service.

Functions hand their segments to a daemon on a UDP port, as on Lambda; API Gateway, Lambda and Step Functions write
theirs where those services are, and pass the tracing header on. A trace that nobody upstream has begun is sampled by
X-Ray's default rule: the first request of a service in each second, and one in twenty of the others.

What stays different: one kind of filter expression is known (see ``filters``), groups, sampling rules, insights and
service graphs are not; an execution is seen when it has ended; traces are kept up to a number of segments.
"""

from localcloud.behaviours import LocalContext


def install(context: LocalContext) -> None:  # noqa: ARG001 - nothing of the process matters here
    """Start the daemon, answer the API, and read the tracing header of every request."""
    from ministack import app
    from ministack.core import router

    from localcloud.services.xray import api, daemon, tracing

    daemon.start()
    # The emulator routes what is signed for a service that it has patterns for.
    router.SERVICE_PATTERNS["xray"] = {}
    app.SERVICE_HANDLERS["xray"] = api.handle_request
    app.app = tracing.reading(app.app)
