"""What a function says of itself names the folders of Lambda."""

import tempfile
from pathlib import Path

from localcloud.services.lambda_functions.places import as_on_lambda


def test_the_folders_of_this_machine_are_those_of_lambda() -> None:
    temporary = Path(tempfile.gettempdir())
    code = temporary / "ministack-provided-code-4566" / ("a" * 64) / "app.py"
    client = temporary.parent / "lambda-runtime" / "python3.11-0a1b2c" / "awslambdaric" / "bootstrap.py"
    error = {
        "errorMessage": f"no {code}",
        "stackTrace": [f'  File "{code}", line 2', f'  File "{client}", line 1'],
        "n": 1,
    }

    assert as_on_lambda(error) == {
        "errorMessage": "no /var/task/app.py",
        "stackTrace": ['  File "/var/task/app.py", line 2', '  File "/var/runtime/awslambdaric/bootstrap.py", line 1'],
        "n": 1,
    }
