"""The declarant's and the broker's own declarations."""
