"""What cannot go on with a movement."""

from declarations.errors import DeclarationsError


class UnknownPlace(DeclarationsError):
    """The network knows no such place, or no road leads from one to the other."""
