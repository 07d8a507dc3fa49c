"""Small words about things: how many there are, how long they took, and long ones cut to a length."""


def counted(number: int, word: str, many: str = "") -> str:
    """``1 item``, ``2 items``, ``2 tries``."""
    return f"{number} {word if number == 1 else many or word + 's'}"


def shortened(text: str, length: int) -> str:
    """A text of at most so many characters; one that is cut ends with an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def duration(seconds: float) -> str:
    """``22 ms``, ``1.2 s``, ``3 min 20 s``: short, and no more exact than a reader needs."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
