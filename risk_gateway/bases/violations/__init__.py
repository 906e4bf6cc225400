"""The base of customs-rule violations (CRV): who, what, when, and until when it counts. See docs/violations.md."""
