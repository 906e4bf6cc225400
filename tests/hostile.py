"""Hostile documents, made on the spot: what verifiers have been attacked with, and the code that must answer."""

from forgery import Attack
from hostile_bombs import BOMBS
from hostile_bytes import BYTES
from hostile_signatures import SIGNATURES

ATTACKS: list[Attack] = [*BYTES, *BOMBS, *SIGNATURES]

__all__ = ["ATTACKS", "Attack"]
