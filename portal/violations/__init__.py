"""The base of violations at work: what is recorded, who is who, what participants contest. See docs/violations.md."""
