"""Whom a hashed number means. Hashes are made before anybody's lock is taken; within it one is only looked up."""

import hashlib

from sqlalchemy import Connection, Engine

from interop.disclosure import hash_of
from interop.partners import Partner
from portal.database import reading, writing
from portal.exchange import hash_store


def learn(engine: Engine, partner: Partner) -> None:
    """Hash the numbers that came on record since the last time, for one partner. Takes its time: hold no lock."""
    salt = partner.policy.salt
    if not salt:
        return
    with reading(engine) as connection:
        new = hash_store.unhashed(connection, partner.id, _name_of(salt))
    if new:
        hashes = [(hash_of(number, salt), number) for number in new]
        with writing(engine) as connection:
            hash_store.put(connection, partner.id, _name_of(salt), hashes)


def number_of(connection: Connection, digits: str, partner: Partner) -> str | None:
    """Return the number on record here whose HMAC under the partner's salt begins with these digits."""
    salt = partner.policy.salt
    found = hash_store.find(connection, partner.id, _name_of(salt), digits) if salt else None
    return found if found is not None and hash_of(found, salt).startswith(digits) else None


def _name_of(salt: str) -> str:
    """Return what stands for a salt, so that hashes under an earlier one are known."""
    return hashlib.sha256(b"salt:" + salt.encode()).hexdigest()[:16]
