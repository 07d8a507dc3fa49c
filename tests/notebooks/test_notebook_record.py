"""A notebook's outputs are of one run, and its ids are in no other notebook."""

from nbformat import NotebookNode, v4

from tools.notebooks import record

ID = "0f8b9c1e-52a4-4d0e-9b1f-6a4f5f3c2d1b"


def notebook(*texts: str) -> NotebookNode:
    said = [v4.new_output("stream", name="stdout", text=text) for text in texts]
    made = v4.new_notebook(cells=[v4.new_code_cell("run()", outputs=[one]) for one in said])
    record.stamp(made, "run1")
    return made


def test_what_one_run_made_is_in_order():
    assert record.run_of(notebook("6 told", f"execution {ID}")) == "run1"
    assert record.problems({"00-a": notebook(ID), "01-b": notebook("6 told")}) == []


def test_an_output_from_another_run_is_seen():
    made = notebook("6 told", "7 told")
    made.cells[1].outputs = notebook("8 told").cells[0].outputs

    assert record.problems({"00-a": made}) == [
        "00-a does not hold the outputs of one run, as the builder writes them",
    ]


def test_a_notebook_that_nobody_stamped_is_seen():
    made = notebook("6 told")
    del made.metadata[record.KEY]

    assert record.run_of(made) == ""
    assert len(record.problems({"00-a": made})) == 1


def test_an_id_in_two_notebooks_is_left_over_from_one_of_them():
    both = {"00-a": notebook(ID), "01-b": notebook(f"still {ID}")}

    assert record.problems(both) == [f"01-b shows {ID}, which was made in 00-a"]
    assert record.problems(both, elsewhere=f'{{"execution": "{ID}"}}') == []
