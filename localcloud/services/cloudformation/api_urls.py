"""The one address that differs between AWS and the local cloud: where a REST API answers.

AWS gives every API a host name of its own, which nothing resolves to this machine. The emulator answers the same API
below a path of its own endpoint.
"""

import re

_ON_AWS = re.compile(
    r"https://(?P<api>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?:/(?P<stage>[\w-]+)(?P<path>/.*)?)?"
)


def local_url(endpoint_url: str, api_id: str, stage: str, path: str) -> str:
    """Where the local cloud answers a path of an API's stage."""
    return f"{endpoint_url}/restapis/{api_id}/{stage}/_user_request_{path}"


def localised(url: str, endpoint_url: str) -> str:
    """The local address of an API's stage on AWS; every other text stays as it is."""
    found = _ON_AWS.fullmatch(url)
    if found is None or not found["stage"]:
        return url
    return local_url(endpoint_url, found["api"], found["stage"], found["path"] or "")
