"""Kinds of question: schema of the answer, validation, rendering."""
