"""What an official reads of a declaration: whatever is found is written into the journal before it is shown."""

from typing import TypeVar

from portal.views import ReadPart, Signatures, SignaturesPage, SignedIn

Found = TypeVar("Found")


class OfficialReading:
    """Any declaration, for somebody who may read evidence."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    def signatures(self, person: SignedIn, number: str) -> SignaturesPage | None:
        return self._open(person, number, ReadPart.SIGNATURES, self._signatures.examine(number))

    def declaration(self, person: SignedIn, number: str) -> bytes | None:
        return self._open(person, number, ReadPart.DECLARATION, self._signatures.declaration(number))

    def notice(self, person: SignedIn, number: str) -> bytes | None:
        return self._open(person, number, ReadPart.NOTICE, self._signatures.notice(number))

    def evidence(self, person: SignedIn, number: str) -> bytes | None:
        return self._open(person, number, ReadPart.EVIDENCE, self._signatures.evidence(number))

    def _open(self, person: SignedIn, number: str, part: ReadPart, found: Found | None) -> Found | None:
        if found is not None:
            self._signatures.record_reading(person, number, part)
        return found
