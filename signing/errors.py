"""Why a document, a signature or a certificate is refused: one class per kind, one stable code per reason."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return the texts of every code and of every name used inside a text, by language (kk, ru, en)."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class SigningError(Exception):
    """Something is wrong with a signed document. `code` is stable, `params` are its particulars."""

    def __init__(self, code: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(code, dict(params or {}))
        self.code = code
        self.params: Mapping[str, str] = dict(params or {})

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.args)

    def text(self, language: str) -> str:
        """Return what is wrong and what to do, in kk, ru or en."""
        names = {key: words()[f"name.{value}"][language] for key, value in self.params.items() if key == "limit"}
        return words()[self.code][language].format_map({**self.params, **names})

    def __str__(self) -> str:
        particulars = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({particulars})" if particulars else self.code


class MalformedXml(SigningError):
    """The bytes are not the XML we read, or a value inside the signature cannot be decoded."""


class LimitExceeded(SigningError):
    """The document is larger, deeper or costlier than `Limits` allow."""

    def __init__(self, limit: str, maximum: int) -> None:
        super().__init__("xml.limit", {"limit": limit, "maximum": str(maximum)})


class ProfileViolation(SigningError):
    """The document or its signature is built in a way that neither profile knows."""


class AlgorithmForbidden(SigningError):
    """An algorithm or key is not on our list."""


class SignatureInvalid(SigningError):
    """The signature was not made by this certificate's key over this content."""


class DigestMismatch(SignatureInvalid):
    """What was signed has been changed since."""


class CertificateUntrusted(SigningError):
    """No path leads from the certificate to a root we trust."""


class CertificateExpired(SigningError):
    """The certificate is judged at a moment outside its dates: expired, or not yet valid."""


class CertificateRevoked(SigningError):
    """The certification authority has withdrawn the certificate."""


class RevocationUnknown(SigningError):
    """There is no fresh evidence whether the certificate has been withdrawn."""


class SignerNotAuthorised(SigningError):
    """The certificate is genuine but not meant for signing such a document."""


class TimestampInvalid(SigningError):
    """A time-stamp proves nothing of these bytes, or its authority is not one we trust."""


class EvidenceInvalid(SigningError):
    """A part of an evidence bundle cannot be read, or does not fit the others."""


class CheckpointInvalid(SigningError):
    """A note is not a checkpoint that the office signed."""


class CheckpointRefused(SigningError):
    """To sign a checkpoint now could contradict one that was signed before."""


class JournalBroken(SigningError):
    """A stored record of the journal does not fit the others: the first one found, going from the beginning."""


class PluginMissing(SigningError):
    """What an optional algorithm needs is not installed."""


class KeyUnusable(SigningError):
    """A key file cannot be opened, or its key cannot be used here."""


def _again(kind: type[SigningError], args: tuple[str, dict[str, str]]) -> SigningError:
    """Rebuild an error that came from another process: its class may take other arguments."""
    error = kind.__new__(kind, *args)
    SigningError.__init__(error, *args)
    return error
