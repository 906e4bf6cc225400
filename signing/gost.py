"""GOST R 34.10-2015 and 34.11-2015 of 512 bits, as an optional plug-in: `pip install shekara[gost]`.

NOT A CERTIFIED CRYPTOGRAPHIC TOOL: it only verifies, and is off unless asked for. Streebog comes from gostcrypto; the
arithmetic of the curve is here, for gostcrypto takes twenty times as long. docs/gost.md tells what is confirmed.
Source: RFC 6986 (Streebog), RFC 7091 (signature), RFC 7836 (curve); the identifiers are those of the National
Certification Authority of Kazakhstan.
"""

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signing.algorithms import SHIPPED, Algorithms, Digest, SignatureAlgorithm
from signing.errors import AlgorithmForbidden, LimitExceeded, PluginMissing, SignatureInvalid
from signing.limits import LIMITS, Limits

PKIGOVKZ = "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:"
GOST_512 = f"{PKIGOVKZ}gostr34102015-gostr34112015-512"
STREEBOG_512 = f"{PKIGOVKZ}gostr34112015-512"

_WIDTH = 64
# SubjectPublicKeyInfo up to the point: the key 1.2.398.3.10.1.1.2.2 on the curve 1.2.398.3.10.1.1.2.2.1 with the digest
# 1.2.398.3.10.1.3.3, then a bit string that holds an octet string. Only this one spelling is read.
_KEY_START = bytes.fromhex(
    "3081ac 3023 06092a830e030a01010202 3016 060a2a830e030a0101020201 06082a830e030a010303 03818400 048180"
)

Point = tuple[int, int, int]
_INFINITY: Point = (1, 1, 0)


@dataclass(frozen=True)
class Curve:
    """The curve y^2 = x^3 + ax + b over the integers modulo `p`; the point (x, y) has the prime order `q`.

    Points are Jacobian: (x, y, z) stands for (x/z^2, y/z^3).
    """

    p: int
    a: int
    b: int
    q: int
    x: int
    y: int

    def holds(self, x: int, y: int) -> bool:
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - x * x * x - self.a * x - self.b) % self.p == 0

    def double(self, point: Point) -> Point:
        x, y, z = point
        square = y * y % self.p
        s = 4 * x * square % self.p
        m = (3 * x * x + self.a * pow(z, 4, self.p)) % self.p
        x_new = (m * m - 2 * s) % self.p
        return x_new, (m * (s - x_new) - 8 * square * square) % self.p, 2 * y * z % self.p

    def add(self, one: Point, other: Point) -> Point:
        (x1, y1, z1), (x2, y2, z2) = one, other
        if z1 == 0 or z2 == 0:
            return other if z1 == 0 else one
        square1, square2 = z1 * z1 % self.p, z2 * z2 % self.p
        u1, s1 = x1 * square2 % self.p, y1 * square2 * z2 % self.p
        h, r = (x2 * square1 - u1) % self.p, (y2 * square1 * z1 - s1) % self.p
        if h == 0:
            return self.double(one) if r == 0 else _INFINITY
        square = h * h % self.p
        cube, v = square * h % self.p, u1 * square % self.p
        x_new = (r * r - cube - 2 * v) % self.p
        return x_new, (r * (v - x_new) - s1 * cube) % self.p, h * z1 * z2 % self.p

    def combine(self, of_base: int, of_key: int, key: tuple[int, int]) -> Point:
        """Return the sum of two multiples, of the base point and of another one, in one pass over their bits."""
        base, other = (self.x, self.y, 1), (*key, 1)
        parts = (_INFINITY, base, other, self.add(base, other))
        total = _INFINITY
        for bit in range(max(of_base.bit_length(), of_key.bit_length()) - 1, -1, -1):
            total = self.double(total)
            part = parts[(of_base >> bit & 1) | (of_key >> bit & 1) << 1]
            total = self.add(total, part)
        return total

    def accepts(self, key: tuple[int, int], digest: int, r: int, s: int) -> bool:
        """Tell whether (r, s) signs the digest, read as a number, for this key. Source: RFC 7091, section 6.2."""
        if not (0 < r < self.q and 0 < s < self.q):
            return False
        inverse = pow(digest % self.q or 1, -1, self.q)
        x, _, z = self.combine(s * inverse % self.q, -r * inverse % self.q, key)
        return z != 0 and x * pow(z, -2, self.p) % self.p % self.q == r


# id-tc26-gost-3410-12-512-paramSetA. Source: RFC 7836, appendix A.2. Its order is prime: there is no small subgroup.
PARAM_SET_A = Curve(
    p=2**512 - 569,
    a=2**512 - 572,
    b=int(
        "e8c2505dedfc86ddc1bd0b2b6667f1da34b82574761cb0e879bd081cfd0b6265"
        "ee3cb090f30d27614cb4574010da90dd862ef9d4ebee4761503190785a71c760",
        16,
    ),
    q=int(f"{'f' * 64}27e69532f48d89116ff22b8d4e0560609b4b38abfad2b85dcacdb1411f10b275", 16),
    x=3,
    y=int(
        "7503cfe87a836ae3a61b8816e25450e6ce5e1c93acf1abc1778064fdcbefa921"
        "df1626be4fd036e93d75e6a50e3a41e98028fe5fc235f5b889a589cb5215f2a4",
        16,
    ),
)


def with_gost(algorithms: Algorithms = SHIPPED, limits: Limits = LIMITS) -> Algorithms:
    """Return the registry with GOST R 34.10-2015 and 34.11-2015 of 512 bits in it.

    Raises PluginMissing when the extra is not installed.
    """
    streebog_512 = _streebog_512(limits)

    def verify(certificate: x509.Certificate, signed: bytes, value: bytes) -> None:
        key = read_key(certificate)
        digest, r, s = (
            int.from_bytes(each, "little") for each in (streebog_512(signed), value[:_WIDTH], value[_WIDTH:])
        )
        if len(value) != 2 * _WIDTH or not PARAM_SET_A.accepts(key, digest, r, s):
            raise SignatureInvalid("signature.value")

    return Algorithms(
        signatures=MappingProxyType({**algorithms.signatures, GOST_512: SignatureAlgorithm(read_key, verify)}),
        digests=MappingProxyType({**algorithms.digests, STREEBOG_512: streebog_512}),
    )


@lru_cache(maxsize=4096)
def read_key(certificate: x509.Certificate) -> tuple[int, int]:
    """Return the point that is the certificate's key, of 512 bits on the curve named A. Raises AlgorithmForbidden."""
    encoded = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    key = bytes(encoded["tbs_certificate"]["subject_public_key_info"].dump())
    start = len(_KEY_START)
    x, y = (int.from_bytes(key[place : place + _WIDTH], "little") for place in (start, start + _WIDTH))
    if not key.startswith(_KEY_START) or len(key) != start + 2 * _WIDTH or not PARAM_SET_A.holds(x, y):
        raise AlgorithmForbidden("signature.key", {"key": certificate.public_key_algorithm_oid.dotted_string})
    return x, y


def _streebog_512(limits: Limits) -> Digest:
    """Return the digest, in pure Python; it refuses what would take long. Raises PluginMissing."""
    try:
        from gostcrypto import gosthash
    except ImportError:
        raise PluginMissing("gost.missing") from None

    def digest(data: bytes) -> bytes:
        if len(data) > limits.gost_bytes:
            raise LimitExceeded("gost_bytes", limits.gost_bytes)
        return bytes(gosthash.new("streebog512", data=data).digest())

    return digest
