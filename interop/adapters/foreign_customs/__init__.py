"""Customs of other countries: the exchange API that this portal has too (docs/exchange.md)."""
