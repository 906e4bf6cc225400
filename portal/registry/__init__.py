"""The registry of minimal-risk participants: applications, verification, decisions, and what becomes of entries."""
