"""The quiz corrects itself, and the sheet counts what came true."""

from pathlib import Path

import pytest

from flightpulse import paths
from flightpulse.errors import UserError
from flightpulse.workbench.course import predictions, quiz


def test_every_question_has_one_right_answer_among_its_own_and_leads_to_a_notebook():
    for question in quiz.load():
        assert question.right in question.answers
        assert (paths.ROOT / "notebooks" / "src" / f"{question.read}.py").exists()


def test_answers_are_corrected_and_counted():
    every = quiz.load()
    wrong = next(letter for letter in every[1].answers if letter != every[1].right)

    graded = quiz.grade({1: every[0].right, 2: wrong})

    assert graded.column("") == ["✓", "✗"]
    assert f"1 right of 2 answered; {len(every)} questions in all." in str(graded)


@pytest.mark.parametrize("answers", [{0: "a"}, {99: "a"}, {1: "z"}])
def test_an_answer_that_cannot_be_is_refused(answers: dict[int, str]):
    with pytest.raises(UserError, match="There is no answer"):
        quiz.grade(answers)


def test_the_questions_are_shown_without_saying_what_is_right():
    shown = str(quiz.questions())

    assert all(question.why not in shown for question in quiz.load())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "00-a.py").write_text("# # Follow it\n#\n# **Predict:** one?\n\n# **Predict:** two?\n")
    (tmp_path / "01-b.py").write_text("# # Deploy it\n# **Predict:** one?\n")
    return tmp_path


def test_the_sheet_counts_what_came_true_of_the_notebooks_that_were_read(folder: Path):
    sheet = predictions.sheet({"00": 1}, folder)

    assert sheet.column("came true") == ["1", "○"]
    assert sheet.column("asked") == ["2", "1"]
    assert "1 of 2 came true." in str(sheet)


@pytest.mark.parametrize(("right", "said"), [({"07": 1}, "There is no notebook '07'"), ({"00": 3}, "asks for 2")])
def test_a_count_that_cannot_be_is_refused(folder: Path, right: dict[str, int], said: str):
    with pytest.raises(UserError, match=said):
        predictions.sheet(right, folder)


def test_every_section_of_the_notebooks_asks_for_a_prediction():
    assert all(count >= 3 for _, count in predictions.asked().values())
