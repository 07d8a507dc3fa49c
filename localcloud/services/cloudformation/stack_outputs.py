"""An output that is the address of a REST API is one that answers here.

This is the one place where the local cloud says something else than AWS would: an output of the form
``https://{api}.execute-api.{region}.amazonaws.com/{stage}`` becomes the address of that stage in the local cloud, in
DescribeStacks, in exports, and therefore in what `cdk deploy` prints. The template and everything deployed from it stay
as they are.
"""

from functools import partial
from typing import Any

from ministack.services.cloudformation import stacks

from localcloud.behaviours import LocalContext
from localcloud.services.cloudformation.api_urls import localised


def install(context: LocalContext) -> None:
    """Change the values of outputs when a stack's outputs are computed."""
    stacks._resolve_stack_outputs = partial(_resolve, stacks._resolve_stack_outputs, context.endpoint_url)


def _resolve(original: Any, endpoint_url: str, *arguments: Any, **named: Any) -> Any:
    outputs, exports = original(*arguments, **named)
    for output in outputs:
        output["OutputValue"] = localised(output["OutputValue"], endpoint_url)
    for export in exports.values():
        export["Value"] = localised(export["Value"], endpoint_url)
    return outputs, exports
