"""What answers in the local cloud in place of a language model."""
