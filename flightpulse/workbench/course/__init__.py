"""The end of the course: a task that is graded, questions that correct themselves, and a sheet for predictions."""
