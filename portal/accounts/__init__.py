"""The first page, signing in and out, and the choice of language."""
