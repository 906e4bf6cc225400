"""Loading reference values: kept, journalled and in force for the next lodgement, in one transaction."""

from datetime import date, datetime

from sqlalchemy import Connection

from declarations import store as declarations_store
from portal import audit
from risk_gateway import canonical, values_file, values_store
from risk_gateway.analyst_store import demand_analyst
from risk_gateway.errors import KnowledgeTampered, ValuesRefused
from risk_gateway.knowledge import shipped_reference_values
from risk_gateway.parameters import ReferenceValues
from risk_gateway.values_store import Version
from signing import store as signing_store


def load(
    connection: Connection, file: values_file.ValuesFile, valid_from: date | None, by: str, source: str, now: datetime
) -> Version:
    """Keep the values of a checked file as a version in force from a day on; the file's own day when None.

    Tables that the file does not have are taken over from the values in force on that day. The caller commits. Raises
    MoveRefused when nobody with this IIN is an analyst, ValuesRefused when he is a regional one, when no day is given,
    or when the same values are kept already.
    """
    if demand_analyst(connection, by).posts:
        raise ValuesRefused("values-actor", source, actor=by)
    since = valid_from or file.valid_from
    if since is None:
        raise ValuesRefused("values-no-day", source)
    signing_store.lock_head(connection)  # nothing is accepted between the moment taken here and the commit
    values = file.over(in_force(connection, since))
    if canonical.digest(values) in {known.digest for known in values_store.read_versions(connection)}:
        raise ValuesRefused("values-known", source)
    version = values_store.add_values(connection, values, since, source, now)
    particulars = {"by": by, "digest": version.digest, "source": source, "valid_from": since.isoformat()}
    audit.record_one(connection, audit.Record(audit.Event.VALUES_LOADED, "reference-values", now, particulars))
    declarations_store.bump_revision(connection)
    return version


def in_force(connection: Connection, day: date) -> ReferenceValues:
    """Return the values in force on `day`: the shipped ones where none were loaded, or those loaded are damaged."""
    try:
        return values_store.read_in_force(connection, day) or shipped_reference_values()
    except KnowledgeTampered:
        return shipped_reference_values()
