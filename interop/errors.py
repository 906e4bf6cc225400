"""Errors of the exchange with partners. Their codes stand in portal/problems.toml."""


class ExchangeError(Exception):
    """Base class. `code` is stable and published."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class KeyRefused(ExchangeError):
    """A partner's key cannot be used."""


class EnvelopeRefused(ExchangeError):
    """A message is not in the form of one."""


class ReceiptRefused(ExchangeError):
    """A receipt is not of the partner, or not for what was sent."""


class MessageRefused(ExchangeError):
    """A message was understood and will never be taken: whoever sent it need not try again."""
