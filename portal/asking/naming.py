"""How a participant may be named to a partner: by number, by its HMAC, or not at all."""

from msgspec.structs import replace

from interop.calls import NotUnderstood, Query
from interop.disclosure import hash_of
from interop.partners import Partner


def named_as_allowed(partner: Partner, query: Query) -> Query:
    """Return the query with the participant named as the partner's policy lets it. Raises `NotUnderstood`."""
    policy = partner.policy
    by_hash = "number" in policy.hash_fields
    if by_hash and not policy.salt:
        raise NotUnderstood("not asked: there is no secret to hash the identifier with")
    if not by_hash and "number" not in policy.fields:
        raise NotUnderstood("not asked: its policy lets no identifier travel")
    hashed = hash_of(query.participant, policy.salt) if policy.salt else ""
    return replace(query, number_hash=hashed, by_hash=by_hash)
