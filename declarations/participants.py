"""Who takes part, and who may lodge a declaration for whom."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from declarations.errors import NotAuthorised
from declarations.model import Declaration

OWN = "own"
POWER_OF_ATTORNEY = "power_of_attorney"


class Participant(Struct, frozen=True):
    """A firm or sole trader, known by BIN or IIN. `registered_on` is the day of its state registration."""

    identifier: str
    name: str
    roles: frozenset[str]
    registered_on: date


class PowerOfAttorney(Struct, frozen=True):
    """What `principal` lets `agent` do: lodge declarations of the types in `scope`, and what else is named
    there, both end days included.

    `revoked_on` is the first day on which it holds no more.
    """

    principal: str
    agent: str
    number: str
    valid_from: date
    valid_to: date
    scope: frozenset[str]
    revoked_on: date | None = None

    def allows(self, what: str, day: date) -> bool:
        """Tell whether it is valid on a day and names this."""
        return _obstacle(self, what, day) is None


class Authority(Struct, frozen=True):
    """The right under which a declaration was lodged. `agent` lodged it, or None where the declarant did itself.

    `powers` are the powers of attorney that were relied on; () when the signer's own position sufficed.
    """

    declarant: str
    agent: str | None
    basis: str
    powers: tuple[PowerOfAttorney, ...] = ()


def authority(
    declaration: Declaration,
    signer_iin: str | None,
    signer_bin: str | None,
    signs_for_organisation: bool,
    powers: Sequence[PowerOfAttorney],
    day: date,
) -> Authority:
    """Return under which right the signer lodges this declaration on `day` (local). Raises `NotAuthorised`.

    `powers` are those that the declarant ever gave; those of the agent's firm to its employees may be among them. What
    the certificate says is taken as proven.
    """
    identifier = declaration.declarant.identifier
    if identifier is None:
        raise NotAuthorised("authority.declarant_unnumbered")
    declarant, type_code = identifier.value, declaration.type_code
    if signer_bin == declarant or (signer_bin is None and signer_iin == declarant):
        employed = _right_of_employee(signer_iin, signer_bin, signs_for_organisation, powers, type_code, day)
        return Authority(declarant, None, POWER_OF_ATTORNEY if employed else OWN, employed)
    agent = _agent_who_signed(declaration, declarant, signer_iin, signer_bin, powers)
    power = _power_in_force(declarant, agent, powers, type_code, day)
    employed = ()
    if agent == signer_bin:
        employed = _right_of_employee(signer_iin, signer_bin, signs_for_organisation, powers, type_code, day)
    return Authority(declarant, agent, POWER_OF_ATTORNEY, (power, *employed))


def _agent_who_signed(
    declaration: Declaration,
    declarant: str,
    signer_iin: str | None,
    signer_bin: str | None,
    powers: Sequence[PowerOfAttorney],
) -> str:
    """Return the BIN or IIN under which the signer acts as the agent whom the declaration names."""
    named = declaration.agent.party.identifier if declaration.agent is not None else None
    own = [number for number in (signer_bin, signer_iin) if number is not None]
    if named is not None and named.value in own:
        return named.value
    params = {"signer": own[0] if own else "-", "declarant": declarant}
    if any(power.principal == declarant and power.agent in own for power in powers):
        raise NotAuthorised("authority.agent_not_named", params)
    raise NotAuthorised("authority.wrong_signer", params)


def _right_of_employee(
    signer_iin: str | None,
    signer_bin: str | None,
    signs_for_organisation: bool,
    powers: Sequence[PowerOfAttorney],
    type_code: str,
    day: date,
) -> tuple[PowerOfAttorney, ...]:
    """Return the powers under which the signer signs for the own firm: () when certificate or trade need none."""
    if signer_bin is None or signs_for_organisation:
        return ()
    if not any(power.principal == signer_bin and power.agent == signer_iin for power in powers):
        params = {"signer": signer_iin or "-", "organisation": signer_bin}
        raise NotAuthorised("authority.no_right_to_sign", params)
    return (_power_in_force(signer_bin, signer_iin or "", powers, type_code, day),)


def _power_in_force(
    principal: str, agent: str, powers: Sequence[PowerOfAttorney], type_code: str, day: date
) -> PowerOfAttorney:
    """Return a power of attorney that covers the declaration. Raises `NotAuthorised` for the one that comes nearest."""
    obstacles: list[tuple[int, date, str, PowerOfAttorney]] = []
    for power in powers:
        if power.principal != principal or power.agent != agent:
            continue
        obstacle = _obstacle(power, type_code, day)
        if obstacle is None:
            return power
        obstacles.append((_NEARNESS.index(obstacle), power.valid_to, obstacle, power))
    if not obstacles:
        raise NotAuthorised("authority.no_power_of_attorney", {"declarant": principal, "agent": agent})
    _, _, code, power = max(obstacles, key=lambda obstacle: obstacle[:2])
    raise NotAuthorised(
        code,
        {
            "number": power.number,
            "valid_from": power.valid_from.isoformat(),
            "valid_to": power.valid_to.isoformat(),
            "revoked_on": power.revoked_on.isoformat() if power.revoked_on else "",
            "type_code": type_code,
            "scope": ", ".join(sorted(power.scope)),
        },
    )


_NEARNESS = ("authority.power_revoked", "authority.power_expired", "authority.power_not_yet_valid", "authority.scope")


def _obstacle(power: PowerOfAttorney, type_code: str, day: date) -> str | None:
    """Return the code of what keeps `power` from covering a declaration of this type on `day`, or None."""
    if power.revoked_on is not None and power.revoked_on <= day:
        return "authority.power_revoked"
    if day > power.valid_to:
        return "authority.power_expired"
    if day < power.valid_from:
        return "authority.power_not_yet_valid"
    return None if type_code in power.scope else "authority.scope"
