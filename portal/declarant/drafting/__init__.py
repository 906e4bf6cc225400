"""Drafts of declarations, and the form that fills them in."""
