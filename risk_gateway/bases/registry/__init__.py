"""The registry of minimal-risk participants: who is in it, since when, and what it takes. See docs/registry.md."""
