"""Passengers' messages: the inbox, their segments and templates, and how they look."""
