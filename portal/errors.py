"""Why the portal cannot go on. portal/problems.py gives each its status and words."""


class PortalError(Exception):
    """`code` is stable and published; `params` fill its words."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.args, self.__dict__)


class TokenRefused(PortalError):
    """No token, or one that is unknown, expired or revoked."""


class SignatureRefused(PortalError):
    """A request to the exchange is not signed by a partner's key, or not of now, or was sent before."""


class ExchangeRefused(PortalError):
    """A partner asks for what it may not have."""


class CursorLost(PortalError):
    """A cursor is not of this base of violations as it is: the base was restored since, so begin anew."""

    def __init__(self) -> None:
        super().__init__("exchange.cursor_lost")


class SenderNotParty(PortalError):
    """The token belongs to a participant who is neither the declarant nor the agent."""

    def __init__(self, sender: str | None) -> None:
        super().__init__("sender.not_party", sender=sender or "")


class DuplicateReference(PortalError):
    """The trader's reference was used before, for other bytes."""

    def __init__(self, reference: str, registration_number: str) -> None:
        super().__init__("declaration.duplicate_reference", reference=reference, number=registration_number)


class AmendmentRefused(PortalError):
    """The document corrects what cannot be corrected so, or not now."""


class NotFound(PortalError):
    """It does not exist, or it is not for this caller: the two look the same."""


class EvidenceLost(PortalError):
    """A stored record that a proof needs is not there, or can no longer be read."""

    def __init__(self) -> None:
        super().__init__("evidence.stored")


class TooManyRequests(PortalError):
    """`retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("requests.too_many", seconds=str(retry_after))
        self.retry_after = retry_after


class Unavailable(PortalError):
    """The record could not be made durable now; nothing was accepted, and the same bytes may be sent again."""

    def __init__(self, code: str = "portal.unavailable") -> None:
        super().__init__(code)
        self.retry_after = 2


class Outdated(PortalError):
    """What a lodgement was judged with has changed since: judge again. Never leaves the portal."""

    def __init__(self) -> None:
        super().__init__("portal.outdated")


def _again(kind: type[PortalError], args: tuple[str, ...], state: dict[str, object]) -> PortalError:
    """Rebuild an error that came from another process."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
