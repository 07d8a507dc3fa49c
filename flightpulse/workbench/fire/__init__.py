"""Sends events and waits until it is known what became of them."""
