"""Small words about things: how many there are, and long ones cut to a length."""


def counted(number: int, word: str, many: str = "") -> str:
    """``1 item``, ``2 items``, ``2 tries``."""
    return f"{number} {word if number == 1 else many or word + 's'}"


def shortened(text: str, length: int) -> str:
    """A text of at most so many characters; one that is cut ends with an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"
