"""Similar declarations: what the same goods cost elsewhere, and what was found there."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from sqlalchemy import Connection

from declarations.store import Stored
from portal.desk import store
from portal.desk.store import Judged
from portal.desk.views import Likeness, SimilarGoods
from portal.views import Lane
from risk_gateway import canonical
from risk_gateway.days import day_of
from risk_gateway.model import Assessment, Case
from risk_gateway.model import ItemFacts as Item
from risk_gateway.packing import unpack

GOODS_MOST = 3  # of one declaration
PARTICIPANTS_MOST = 6
OF_PARTICIPANT_MOST = 12  # declarations looked into
LIKENESSES_MOST = 8
ITEMS_MOST = 100  # in a declaration that is looked into


def similar(connection: Connection, stored: Stored, case: Case, assessment: Assessment) -> tuple[SimilarGoods, ...]:
    """Return the main goods of a case beside the same goods, by commodity and origin, declared before it."""
    read: dict[str, list[tuple[Judged, Case]]] = {}

    def judged(participant: str) -> list[tuple[Judged, Case]]:
        if participant not in read:
            rows = store.judged_of(connection, participant, stored.sequence, OF_PARTICIPANT_MOST, ITEMS_MOST)
            read[participant] = [(row, canonical.loads(unpack(row.case), Case)) for row in rows]
        return read[participant]

    answer = []
    for item in _main(case, assessment):
        others = store.declarants_of(connection, item.commodity_code, item.origin_country or "", PARTICIPANTS_MOST)
        participants = dict.fromkeys([stored.key.declarant, *others])
        found = [like for each in participants for like in _like(item, judged(each), stored)]
        found.sort(key=lambda like: (like.declared_on, like.number), reverse=True)
        answer.append(_goods(item, found[:LIKENESSES_MOST]))
    return tuple(answer)


def _main(case: Case, assessment: Assessment) -> Sequence[Item]:
    """Return the goods worth comparing: those that profiles found, then the most valuable; each goods once."""
    found = {number for finding in assessment.findings for number in finding.items}
    by_weight = sorted(case.items, key=lambda item: (item.sequence not in found, -(item.item_value_usd or 0)))
    once = {(item.commodity_code, item.origin_country): item for item in reversed(by_weight)}
    return [item for item in by_weight if once[item.commodity_code, item.origin_country] is item][:GOODS_MOST]


def _like(item: Item, judged: Sequence[tuple[Judged, Case]], stored: Stored) -> Iterator[Likeness]:
    """Yield the first item of the same goods in each of these declarations."""
    for row, case in judged:
        for other in case.items:
            if (other.commodity_code, other.origin_country) == (item.commodity_code, item.origin_country):
                yield Likeness(
                    number=row.number,
                    declared_on=day_of(row.accepted_at),
                    declarant=row.key.declarant,
                    declarant_name=row.declarant_name,
                    same_participant=row.key.declarant == stored.key.declarant,
                    own_post=row.number.partition("/")[0] == stored.office,
                    item=other.sequence,
                    usd_per_kg=other.usd_per_kg,
                    net_mass_kg=other.net_mass_kg,
                    outcome=Lane(row.outcome),
                    found=row.found,
                )
                break


def _goods(item: Item, others: Sequence[Likeness]) -> SimilarGoods:
    prices = [each.usd_per_kg for each in others if each.usd_per_kg is not None]
    return SimilarGoods(
        item=item.sequence,
        commodity_code=item.commodity_code,
        origin=item.origin_country,
        usd_per_kg=item.usd_per_kg,
        median=Decimal(median(prices)) if prices else None,
        others=tuple(others),
    )
