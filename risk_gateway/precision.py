"""How often a profile is right, with what can be said of it from so few controls."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from msgspec import Struct

Z_95 = Decimal("1.959963984540054")  # of the standard normal distribution: 95 % lie within
_PLACES = Decimal("0.0001")


class Precision(Struct, frozen=True):
    """`findings` of so many `controls`; the share and its Wilson interval at 95 %, 0-1, None without controls."""

    controls: int
    findings: int
    share: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def precision(findings: int, controls: int) -> Precision:
    """Return the share of controls that found something. Source: Wilson, JASA 22 (1927), 209-212."""
    if not controls:
        return Precision(0, 0)
    with localcontext(prec=28):
        n, share, z2 = Decimal(controls), Decimal(findings) / controls, Z_95 * Z_95
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 * (share * (1 - share) / n + z2 / (4 * n * n)).sqrt() / (1 + z2 / n)
        low, high = max(Decimal(0), middle - half), min(Decimal(1), middle + half)
        return Precision(controls, findings, _rounded(share), _rounded(low), _rounded(high))


def _rounded(share: Decimal) -> Decimal:
    return share.quantize(_PLACES, ROUND_HALF_EVEN)
