"""Exports at the border: vehicles arrive, are surveyed where that was ordered, and leave. docs/exits.md."""
