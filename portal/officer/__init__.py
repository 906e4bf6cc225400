"""What officials see of anybody's declarations."""
