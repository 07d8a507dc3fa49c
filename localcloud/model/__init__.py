"""The local cloud's model: Bedrock's Converse API on 127.0.0.1, answered by a stand-in or by one's own server."""

from localcloud.model.server import ModelServer
from localcloud.model.writers import BedrockError, Reply, Request, Writer

__all__ = ["BedrockError", "ModelServer", "Reply", "Request", "Writer"]
