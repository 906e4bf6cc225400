"""Payments: what falls due is charged, what comes in is credited, and both are told. docs/ledger.md."""
