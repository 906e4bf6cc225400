"""Of which parts knowledge consists, each under its SHA-256, and the version of the whole: the SHA-256 of that list.

Parts never change: what was worked out of one is remembered for as long as it lives.
"""

import hashlib
from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from risk_gateway import canonical
from risk_gateway.model import Knowledge
from risk_gateway.remembering import PerObject


class Manifest(Struct, frozen=True, kw_only=True):
    """The parts of a day's knowledge by digest: SHA-256 of their canonical JSON, in hex.

    `profiles` is the digest of the list of the profiles' digests. `key` is what is published of the day key, so that
    a manifest can be shown. A small part, `problem`, is here itself.
    """

    day: date
    key_day: date | None
    key: str
    profiles: str
    parameters: str
    reference_values: str
    phrases: str
    model: str | None
    problem: str | None

    @property
    def version(self) -> str:
        return canonical.digest(self)


digest_of: PerObject[object, str] = PerObject(canonical.digest)


def _profile_digests(knowledge: Knowledge) -> tuple[str, ...]:
    return tuple(map(digest_of, knowledge.profiles))


profile_digests: PerObject[Knowledge, tuple[str, ...]] = PerObject(_profile_digests)


def _manifest_of(knowledge: Knowledge) -> Manifest:
    return Manifest(
        day=knowledge.day,
        key_day=knowledge.key_day,
        key=hashlib.sha256(knowledge.day_key).hexdigest(),
        profiles=canonical.digest(profile_digests(knowledge)),
        parameters=digest_of(knowledge.parameters),
        reference_values=digest_of(knowledge.reference_values),
        phrases=canonical.digest(knowledge.phrases),
        model=None if knowledge.model is None else digest_of(knowledge.model),
        problem=knowledge.problem,
    )


manifest_of: PerObject[Knowledge, Manifest] = PerObject(_manifest_of)


def version_of(knowledge: Knowledge) -> str:
    """Return the version that the knowledge must have."""
    return manifest_of(knowledge).version


def parts_of(knowledge: Knowledge, manifest: Manifest) -> Iterator[tuple[str, object]]:
    """Yield every part under its digest, but the key and the profiles themselves."""
    yield manifest.profiles, profile_digests(knowledge)
    yield manifest.parameters, knowledge.parameters
    yield manifest.reference_values, knowledge.reference_values
    yield manifest.phrases, knowledge.phrases
    if manifest.model is not None:
        yield manifest.model, knowledge.model
