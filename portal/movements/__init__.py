"""Movements under customs control: what carriers, posts, seals and the timer do with them."""
