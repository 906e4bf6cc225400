"""The same case and knowledge, read back from what was stored, give the same bytes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from risk_gateway import canonical, gateway
from risk_gateway.budget import Budget
from risk_gateway.decision import decide
from risk_gateway.model import Assessment, Case, Decision, ItemFacts, Knowledge
from risk_gateway.profiles import Category

AT = datetime(2026, 11, 24, 5, 0, 0, 123456, tzinfo=UTC)

numbers = st.none() | st.decimals("-1e6", "1e9", places=4, allow_nan=False)
flags = st.none() | st.booleans()
items = st.builds(
    dict,
    commodity_code=st.sampled_from(["8539229000", "7204490000", "9306309000", "4407110000"]),
    origin_country=st.sampled_from([None, "CN", "KP"]),
    preference_claimed=flags,
    origin_not_dispatch=flags,
    price_zero=flags,
    value_to_reference_percent=numbers,
    duty_share_percent=numbers,
    gross_mass_kg=numbers,
    net_gross_percent=numbers,
    item_documents=st.sampled_from([None, (), ("04021",), ("01011", "06011")]),
)


@settings(max_examples=60)
@given(lines=st.lists(items, max_size=4), category=st.sampled_from(Category), unusual=flags)
def test_a_replay_from_stored_bytes_gives_the_same_bytes(
    lines: list[dict[str, Any]], category: Category, unusual: bool | None, case: Any, starter: Any
) -> None:
    shipped = starter()
    facts = case({"declarant_category": category, "unusual_route": unusual, "documents": ()}, items=lines)
    assessment = gateway.assess(facts, shipped, Budget.replaying(None))
    decision = decide(assessment, facts, shipped, AT)

    again = canonical.loads(canonical.dumps(facts), Case)
    known = canonical.loads(canonical.dumps(shipped), Knowledge)
    assessed = gateway.assess(again, known, Budget.replaying(None))
    assert again == facts
    assert canonical.dumps(assessed) == canonical.dumps(assessment)
    assert canonical.dumps(decide(assessed, again, known, AT)) == canonical.dumps(decision)
    assert canonical.dumps(canonical.loads(canonical.dumps(assessment), Assessment)) == canonical.dumps(assessment)
    assert canonical.dumps(canonical.loads(canonical.dumps(decision), Decision)) == canonical.dumps(decision)


def test_canonical_json_sorts_keys_and_keeps_decimals_exactly() -> None:
    item = ItemFacts(
        sequence=1, commodity_code="8539229000", net_mass_kg=Decimal("150.000"), unit="796", price_zero=False
    )
    assert canonical.dumps(item) == (
        b'{"commodity_code":"8539229000","net_mass_kg":"150.000","price_zero":false,"sequence":1,"unit":"796"}'
    )
    assert canonical.loads(canonical.dumps(item), ItemFacts).net_mass_kg.as_tuple() == Decimal("150.000").as_tuple()


def test_the_decision_number_follows_from_the_document_and_the_knowledge(
    case: Any, known: Any, profile: Any, decided: Any
) -> None:
    one, other = known(profile()), known(profile(weight=41))
    assert decided(case(), one).id == decided(case({"item_count": 9}), one).id
    assert decided(case(document_digest="1" * 64), one).id != decided(case(), one).id != decided(case(), other).id
