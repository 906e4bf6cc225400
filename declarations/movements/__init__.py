"""Movements: goods under customs control between the border and an inland post."""
