"""Audits after release: what can become of one, and what is kept of it."""
