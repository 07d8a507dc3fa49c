"""How a picture shows in a notebook: as two outputs, because of one with a picture GitHub shows only the picture."""

from abc import ABC, abstractmethod
from html import escape
from typing import Any


def folded(summary: str, said: str) -> dict[str, str]:
    """Words as an output that is opened by whoever wants to read them, and as plain text."""
    return {
        "text/html": f"<details><summary>{escape(summary)}</summary><pre>{escape(said, quote=False)}</pre></details>",
        "text/plain": said,
    }


class PictureAndWords(ABC):
    """Shows what ``_repr_mimebundle_`` gives, a picture and its text, and below it the words on their own."""

    __slots__ = ()

    @abstractmethod
    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What shows, by MIME type, and what is to be known of it."""

    def _words(self, said: str) -> dict[str, str]:
        """The second output, by MIME type: what the picture says, unless a class has something better to read."""
        return {"text/plain": said}

    def _ipython_display_(self) -> None:
        from IPython import display as notebook

        display: Any = notebook.display
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        if "image/png" in data:
            display(self._words(data["text/plain"]), raw=True)
