"""Registers of permits and of currency contracts: JSON of its own, signed both ways. Say of numbers what they are."""
