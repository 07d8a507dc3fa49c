"""The README's animated picture moves, and loads in a moment."""

from PIL import Image

from tools import pictures


def test_the_animated_picture_is_small_and_shows_several_things():
    with Image.open(pictures.FIRST_MINUTE) as picture:
        frames = getattr(picture, "n_frames", 1)

    assert pictures.FIRST_MINUTE.stat().st_size <= pictures.MOST_BYTES
    assert frames > 10
