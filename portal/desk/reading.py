"""What an official reads of a declaration: whatever is found is written into the journal before it is shown."""

from collections.abc import Callable
from typing import TypeVar

from portal.views import ReadPart, Signatures, SignaturesPage, SignedIn

Found = TypeVar("Found")


class OfficialReading:
    """Declarations of the own post, and of any post for those who have none: analysts and auditors."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    def signatures(self, person: SignedIn, number: str) -> SignaturesPage | None:
        return self._open(person, number, ReadPart.SIGNATURES, self._signatures.examine)

    def declaration(self, person: SignedIn, number: str) -> bytes | None:
        return self._open(person, number, ReadPart.DECLARATION, self._signatures.declaration)

    def notice(self, person: SignedIn, number: str) -> bytes | None:
        return self._open(person, number, ReadPart.NOTICE, self._signatures.notice)

    def evidence(self, person: SignedIn, number: str) -> bytes | None:
        return self._open(person, number, ReadPart.EVIDENCE, self._signatures.evidence)

    def _open(self, person: SignedIn, number: str, part: ReadPart, read: Callable[[str], Found | None]) -> Found | None:
        found = read(number) if is_for(person, number) else None
        if found is not None:
            self._signatures.record_reading(person, number, part)
        return found


def is_for(person: SignedIn, number: str) -> bool:
    """Tell whether a declaration with this number is of the official's post; without a post, of any."""
    return person.post is None or number.startswith(f"{person.post}/")
