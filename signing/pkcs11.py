"""A P-256 key on a PKCS#11 token, named by an address in the form of RFC 7512: it signs there and never leaves it."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import unquote_to_bytes
from weakref import WeakSet

import pkcs11
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, PKCS11Error
from pkcs11.types import SignMixin

from signing.errors import KeyUnusable
from signing.signer import SigningKey, path_upwards

SCHEME = "pkcs11:"
_PARTS = {"token", "object", "id", "module-path"}
_SECRETS = {"pin-value", "pin-source"}
_WRONG_PIN = (
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinLocked,
    pkcs11.PinExpired,
    pkcs11.UserPinNotInitialized,
)
_PROBE = b"Does this key belong to its certificate?"

# A module is initialised for one thread at a time, and a user who logs in is so for all sessions of a token.
_lock = threading.RLock()
_logged_in: set[tuple[str, str]] = set()
_refused: set[tuple[str, str, str]] = set()
_T = TypeVar("_T")


@dataclass(frozen=True)
class Address:
    """Where a key is: the module's library, the token's label, and the key's label, its id, or both."""

    module: str
    token: str
    object: str | None = None
    id: bytes | None = None

    @property
    def place(self) -> tuple[str, str]:
        return self.module, self.token

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `pkcs11:token=...;object=...;id=...?module-path=...`. Raises KeyUnusable.

        Source: RFC 7512, of whose attributes these four are taken; a PIN in the address is refused.
        """
        path, _, query = text.removeprefix(SCHEME).partition("?")
        parts: dict[str, bytes] = {}
        for part in (*path.split(";"), *filter(None, query.split("&"))):
            name, _, value = part.partition("=")
            if name in _SECRETS:
                raise KeyUnusable("pkcs11.pin_told")
            if name not in _PARTS or name in parts or not value:
                raise KeyUnusable("pkcs11.address", {"part": name[:40]})
            parts[name] = unquote_to_bytes(value)
        try:
            texts = {name: value.decode() for name, value in parts.items() if name != "id"}
        except UnicodeDecodeError:
            raise KeyUnusable("pkcs11.address", {"part": "%"}) from None
        for name in ("token", "module-path"):
            if name not in texts:
                raise KeyUnusable("pkcs11.address", {"part": name})
        if not parts.keys() & {"object", "id"}:
            raise KeyUnusable("pkcs11.address", {"part": "object"})
        if not Path(texts["module-path"]).is_absolute():
            raise KeyUnusable("pkcs11.address", {"part": "module-path"})
        return cls(texts["module-path"], texts["token"], texts.get("object"), parts.get("id"))


class TokenKey:
    """The `Holder` of a key on a token. Any thread may sign; they take turns.

    `certificate` is the one beside the key, `others` are all on the token. Raises KeyUnusable when there is no such key
    on P-256 with its certificate.
    """

    def __init__(self, address: Address, pin: str) -> None:
        self._address = address
        self._pin = pin
        self._key: SignMixin | None = None
        _holders.add(self)
        own, self.others = self._attempt(self._read_certificates)
        if len(own) != 1:
            raise KeyUnusable("pkcs11.certificate", {"token": address.token})
        self.certificate = own[0]
        public = self.certificate.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
            raise KeyUnusable("seal.key")
        self._public = public

    def __repr__(self) -> str:
        return f"TokenKey({self._address})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is neither copied nor written")

    def sign(self, data: bytes) -> bytes:
        """Return r and s, 32 bytes each, verified. A session that broke is opened again once. Raises KeyUnusable."""
        digest = hashlib.sha256(data).digest()
        value = self._attempt(lambda: self._found().sign(digest, mechanism=Mechanism.ECDSA))
        r, s = (int.from_bytes(half, "big") for half in (value[:32], value[32:]))
        try:
            self._public.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature:
            raise KeyUnusable("key.mismatch") from None
        return value

    def give_up(self, module: str) -> None:
        """Forget the key's object when its module is started anew."""
        if self._address.module == module:
            self._key = None

    def _attempt(self, act: Callable[[], _T]) -> _T:
        """Do something on the token, with the module started anew and once more when it fails in a token in use."""
        with _lock, _told(self._address):
            in_use = self._address.place in _logged_in
            try:
                return act()
            except PKCS11Error:
                if not in_use:
                    raise
            _start_anew(self._address.module)
            return act()

    def _found(self) -> SignMixin:
        """Return the key in a session of its own, opening it when there is none."""
        if self._key is None:
            self._key = _find_key(_open_session(self._address, self._pin), self._address)
        return self._key

    def _read_certificates(self) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
        key = self._found()
        shared = Attribute.ID if key[Attribute.ID] else Attribute.LABEL
        return _read_certificates(key.session, {shared: key[shared]}), _read_certificates(key.session, {})


_holders: WeakSet[TokenKey] = WeakSet()


def open_key(text: str, pin: str) -> SigningKey:
    """Open the key at this address, and have it sign once to see that the certificate is its own.

    Raises KeyUnusable.
    """
    holder = TokenKey(Address.parse(text), pin)
    holder.sign(_PROBE)
    return SigningKey(holder, holder.certificate, path_upwards(holder.certificate, holder.others))


def _open_session(address: Address, pin: str) -> pkcs11.Session:
    """Return a new session, logged in. A PIN that was refused is not offered again: tokens lock after a few."""
    try:
        library = pkcs11.lib(address.module)
    except PKCS11Error:
        raise KeyUnusable("pkcs11.module", {"module": address.module}) from None
    token = library.get_token(token_label=address.token)
    if address.place in _logged_in:
        return token.open()
    if (*address.place, pin) in _refused:
        raise pkcs11.PinIncorrect
    try:
        session = token.open(user_pin=pin)
    except _WRONG_PIN:
        _refused.add((*address.place, pin))
        raise
    _logged_in.add(address.place)
    return session


def _start_anew(module: str) -> None:
    """Close all sessions of a module by finalising it: some see a token that has come back only after that."""
    for holder in _holders:
        holder.give_up(module)
    _logged_in.difference_update({place for place in _logged_in if place[0] == module})
    with suppress(PKCS11Error):  # what is wrong will be told when the token is opened again
        pkcs11.lib(module).finalize()


def _find_key(session: pkcs11.Session, address: Address) -> SignMixin:
    named = {Attribute.LABEL: address.object, Attribute.ID: address.id}
    wanted = {name: value for name, value in named.items() if value is not None}
    found = _find(session, {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.KEY_TYPE: KeyType.EC, **wanted})
    if len(found) != 1 or not isinstance(found[0], SignMixin):
        raise pkcs11.NoSuchKey
    return found[0]


def _read_certificates(session: pkcs11.Session, named: dict[Attribute, object]) -> list[x509.Certificate]:
    found = _find(session, {Attribute.CLASS: ObjectClass.CERTIFICATE, **named})
    return [x509.load_der_x509_certificate(each[Attribute.VALUE]) for each in found]


def _find(session: pkcs11.Session, wanted: dict[Attribute, object]) -> list[pkcs11.Object]:
    """Return all objects at once: a search that is left half-way would stay open in the session."""
    return list(session.get_objects(wanted))


@contextmanager
def _told(address: Address) -> Iterator[None]:
    """Tell the module's errors in our codes."""
    try:
        yield
    except PKCS11Error as error:
        raise _as_ours(error, address) from None
    except ValueError:  # what should be a certificate cannot be read
        raise KeyUnusable("pkcs11.certificate", {"token": address.token}) from None


def _as_ours(error: PKCS11Error, address: Address) -> KeyUnusable:
    if isinstance(error, _WRONG_PIN):
        return KeyUnusable("pkcs11.pin", {"token": address.token})
    if isinstance(error, pkcs11.NoSuchToken | pkcs11.TokenNotPresent | pkcs11.MultipleTokensReturned):
        return KeyUnusable("pkcs11.absent", {"token": address.token})
    if isinstance(error, pkcs11.NoSuchKey):
        return KeyUnusable("pkcs11.key", {"token": address.token})
    return KeyUnusable("pkcs11.failed", {"token": address.token, "reason": type(error).__name__})
