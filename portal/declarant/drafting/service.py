"""Drafts of a person's organisation: found, begun, filled in, and never anybody else's.

A draft belongs to the organisation that began it. A broker's draft for a principal is the broker's, and is there only
on days on which a power of attorney of that principal covers its type; the principal does not see it before it is
lodged. Whatever is not there for a person is not found.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from lxml import etree
from msgspec import Struct

from declarations import store as declarations_store
from declarations.reference.codes import Codes
from declarations.writing import Content, content_of
from portal.access import Role
from portal.database import reading, writing
from portal.declarant.drafting import beginning, store
from portal.declarant.drafting.beginning import Principal
from portal.declarant.drafting.entering import digest, entered, without_row
from portal.declarant.drafting.form import Kind, Section
from portal.declarant.drafting.store import ITEMS_MAX, Draft, DraftLine, TooManyItems
from portal.office import Office
from portal.views import SignedIn
from risk_gateway.days import day_of
from risk_gateway.packing import unpack
from signing.xmlgate import open_document

NAME_LENGTH_MAX: Final = 100
_KINDS: Final = {"IM": Kind.IMPORT, "EX": Kind.EXPORT, "TT": Kind.TRANSIT}

Change = Callable[[Draft], Content | None]


class Saved(Struct, frozen=True):
    """`conflict`: nothing was saved, because another window had changed the same page since it was opened."""

    draft: Draft
    conflict: bool = False


class Drafting:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.examined: dict[Any, Any] = {}  # of portal/declarant/drafting/lodging.py

    # Whose

    def principals(self, person: SignedIn) -> tuple[Principal, ...]:
        """Return for whom this person may draft today: the own organisation, and for a broker its principals."""
        if person.organisation is None:
            return ()
        own = Principal(
            person.organisation, person.organisation_name or "", frozenset(kind.type_code for kind in Kind), own=True
        )
        if person.role is not Role.BROKER:
            return (own,)
        today = day_of(self.office.clock.now())
        scopes: dict[str, frozenset[str]] = {}
        for power in self.office.current().directory.powers_held(person.organisation):
            ended = power.revoked_on is not None and power.revoked_on <= today
            if power.valid_from <= today <= power.valid_to and not ended:
                scopes[power.principal] = scopes.get(power.principal, frozenset()) | power.scope
        with reading(self.office.engine) as connection:
            known = {each: declarations_store.read_participant(connection, each) for each in scopes}
        names = {identifier: found.name if found else identifier for identifier, found in known.items()}
        principals = [Principal(each, names[each], scope) for each, scope in scopes.items()]
        return (*sorted(principals, key=lambda each: each.name), own)

    def find(self, person: SignedIn, draft_id: str) -> Draft | None:
        with reading(self.office.engine) as connection:
            found = store.read(connection, draft_id)
        return found if found is not None and self._may(person, found) else None

    def page_of(
        self, person: SignedIn, *, template: bool = False, before: datetime | None = None, limit: int
    ) -> tuple[tuple[DraftLine, ...], datetime | None]:
        """Return drafts not lodged yet, or templates, those changed last first, and from where to go on."""
        if person.organisation is None:
            return (), None
        with reading(self.office.engine) as connection:
            found = store.newest(
                connection, person.organisation, template=template, lodged=False, before=before, limit=limit + 1
            )
        allowed = {(each.identifier, kind) for each in self.principals(person) for kind in each.types}
        shown = tuple(line for line in found[:limit] if (line.declarant, line.kind[:2]) in allowed)
        return shown, found[limit - 1].updated_at if len(found) > limit else None

    def listing(self, person: SignedIn, *, template: bool = False, limit: int = 25) -> tuple[DraftLine, ...]:
        """Return the first page of drafts, or of templates."""
        return self.page_of(person, template=template, limit=limit)[0]

    def _may(self, person: SignedIn, draft: DraftLine) -> bool:
        if person.organisation is None or draft.owner != person.organisation:
            return False
        return any(
            each.identifier == draft.declarant and draft.kind[:2] in each.types for each in self.principals(person)
        )

    # Begun

    def begin(self, person: SignedIn, kind: Kind, declarant: Principal, name: str, language: str) -> Draft:
        remembered = self._remembered(person, declarant)
        content = beginning.blank(kind, declarant, person, remembered, self._reference(), language)
        return self._add(person, kind, declarant, name, content)

    def copy(self, person: SignedIn, source: DraftLine, content: Content, name: str, *, template: bool) -> Draft | None:
        """Return a copy of a draft or template, as a template or as a new draft."""
        declarant = self._principal(person, source.declarant, source.kind[:2])
        if declarant is None:
            return None
        fresh = beginning.copied(content, self._reference())
        fresh = beginning.signed_by(fresh, person, declarant, self._remembered(person, declarant))
        return self._add(person, Kind(source.kind), declarant, name, fresh, template=template)

    def copy_of_lodged(self, person: SignedIn, number: str) -> Draft | None:
        """Return a new draft like a declaration that was lodged; None when it is not found for this person."""
        found = self._lodged(person, number)
        if found is None:
            return None
        declarant, kind, content, _ = found
        fresh = beginning.copied(content, self._reference())
        fresh = beginning.signed_by(fresh, person, declarant, self._remembered(person, declarant))
        return self._add(person, kind, declarant, "", fresh)

    def correct(self, person: SignedIn, number: str) -> Draft | None:
        """Return a draft of the correction of a lodged declaration; None when it is not found for this person."""
        found = self._lodged(person, number)
        if found is None:
            return None
        declarant, kind, content, version = found
        now = self.office.clock.now()
        changed = beginning.corrected(content, number, self.codes(), now)
        changed = beginning.signed_by(changed, person, declarant, self._remembered(person, declarant))
        return self._add(person, kind, declarant, "", changed, corrects=(number, version))

    def from_document(self, person: SignedIn, root: etree._Element, name: str = "") -> Draft | None:
        """Return a draft of what an unsigned or signed document says, None when its declarant is not this person's."""
        content = content_of(root)
        kind = _KINDS.get(content.fields.get("TypeCode", ""))
        declarant = self._principal(person, content.fields.get("Declarant/ID", ""), kind.type_code if kind else "")
        if kind is None or declarant is None:
            return None
        return self._add(person, kind, declarant, name, content)

    # Filled in

    def save_page(
        self,
        person: SignedIn,
        draft_id: str,
        section: Section,
        sent: Mapping[str, str],
        base: str | None,
        item: int | None = None,
        removed_row: str | None = None,
    ) -> Saved | None:
        """Save what a page sent. `base` is the `digest` that the page was made with, None to save in any case.

        Nothing is saved when the stored page is another by now and says something else. None: not found.
        """
        with writing(self.office.engine) as connection:
            draft = store.read(connection, draft_id, to_change=True)
            if draft is None or not self._may(person, draft) or draft.lodged_as:
                return None
            if item is not None and not 1 <= item <= len(draft.content.items):
                return None
            values = page_of(draft, section, item)
            after = entered(section, draft.kind, values, sent)
            if removed_row is not None:
                after = without_row(section, draft.kind, after, removed_row)
            stored = digest(section, draft.kind, values)
            if base is not None and base != stored and digest(section, draft.kind, after) != stored:
                return Saved(draft, conflict=True)
            if after == values:
                return Saved(draft)
            changed = self._changed(draft, with_page(draft, section, item, after))
            store.save(connection, changed)
        return Saved(msgspec.structs.replace(changed, revision=changed.revision + 1))

    def change_items(self, person: SignedIn, draft_id: str, change: Change) -> Draft | None:
        """Apply a change to the items of a draft; None when it is not found or the change asks for what is not there.

        Raises `TooManyItems`.
        """
        with writing(self.office.engine) as connection:
            draft = store.read(connection, draft_id, to_change=True)
            content = change(draft) if draft and self._may(person, draft) and not draft.lodged_as else None
            if draft is None or content is None:
                return None
            if len(content.items) > ITEMS_MAX:
                raise TooManyItems
            changed = self._changed(draft, content)
            store.save(connection, changed)
        return changed

    def import_items(self, person: SignedIn, draft_id: str, items: list[dict[str, str]]) -> int | None:
        """Put items behind the others; return how many there are now, None when there is no such draft.

        Raises `TooManyItems`.
        """
        with writing(self.office.engine) as connection:
            draft = store.read(connection, draft_id)
            if draft is None or not self._may(person, draft) or draft.lodged_as:
                return None
            return store.add_items(connection, draft_id, items, self.office.clock.now())

    def rename(self, person: SignedIn, draft_id: str, name: str) -> Draft | None:
        with writing(self.office.engine) as connection:
            draft = store.read(connection, draft_id, to_change=True)
            if draft is None or not self._may(person, draft):
                return None
            changed = msgspec.structs.replace(draft, name=name[:NAME_LENGTH_MAX])
            store.save(connection, changed)
        return changed

    def remove(self, person: SignedIn, draft_id: str) -> bool:
        """Delete a draft or template; the declaration that it became stays."""
        with writing(self.office.engine) as connection:
            draft = store.read(connection, draft_id, to_change=True)
            if draft is None or not self._may(person, draft):
                return False
            store.remove(connection, draft_id)
        return True

    def mark_lodged(self, draft: Draft, number: str) -> None:
        with writing(self.office.engine) as connection:
            found = store.read(connection, draft.id, to_change=True)
            if found is not None:
                now = self.office.clock.now()
                store.save(connection, msgspec.structs.replace(found, lodged_as=number, updated_at=now))

    def codes(self) -> Codes:
        """Return the code lists, rates and tariff of today."""
        return self.office.current().reference.on(day_of(self.office.clock.now()))

    def _changed(self, draft: Draft, content: Content) -> Draft:
        return msgspec.structs.replace(
            draft, content=content, item_count=len(content.items), updated_at=self.office.clock.now()
        )

    def _principal(self, person: SignedIn, identifier: str, type_code: str) -> Principal | None:
        allowed = (each for each in self.principals(person) if each.identifier == identifier)
        return next((each for each in allowed if type_code in each.types), None)

    def _lodged(self, person: SignedIn, number: str) -> tuple[Principal, Kind, Content, int] | None:
        """Return the newest version of a declaration that this person may draft for."""
        with reading(self.office.engine) as connection:
            stored = declarations_store.find_by_number(connection, number)
            declarant = stored and self._principal(person, stored.key.declarant, stored.type_code)
            if stored is None or not declarant:
                return None
            document = unpack(declarations_store.read_document(connection, stored.key))
        return declarant, _KINDS[stored.type_code], content_of(open_document(document).root), stored.key.version

    def _remembered(self, person: SignedIn, declarant: Principal) -> Mapping[str, str]:
        """Return what was written last for this declarant: in a draft of the own organisation, else what was lodged."""
        with reading(self.office.engine) as connection:
            content = store.last_of(connection, person.organisation or "", declarant.identifier)
            if content is not None:
                return content.fields
            rows = declarations_store.page(connection, [declarant.identifier], None, None, 1)
            if not rows:
                return {}
            document = unpack(declarations_store.read_document(connection, rows[0].key))
        return content_of(open_document(document).root).fields

    def _add(
        self,
        person: SignedIn,
        kind: Kind,
        declarant: Principal,
        name: str,
        content: Content,
        *,
        template: bool = False,
        corrects: tuple[str, int] | None = None,
    ) -> Draft:
        now = self.office.clock.now()
        made = Draft(
            id=secrets.token_hex(8),
            owner=person.organisation or "",
            declarant=declarant.identifier,
            author=person.iin,
            kind=kind.value,
            name=name[:NAME_LENGTH_MAX],
            template=template,
            corrects=corrects[0] if corrects else None,
            corrects_version=corrects[1] if corrects else None,
            lodged_as=None,
            item_count=len(content.items),
            revision=1,
            created_at=now,
            updated_at=now,
            content=content,
        )
        with writing(self.office.engine) as connection:
            store.add(connection, made)
        return made

    def _reference(self) -> str:
        day = day_of(self.office.clock.now())
        return f"{day:%y%m%d}-{secrets.token_hex(3).upper()}"


def page_of(draft: Draft, section: Section, item: int | None) -> dict[str, str]:
    """Return the values that a page is about: those of an item, of the first item for its documents, or of all."""
    items = draft.content.items
    if item is not None:
        return items[item - 1]
    if section.kind == "documents":
        return items[0] if items else {}
    return draft.content.fields


def with_page(draft: Draft, section: Section, item: int | None, values: dict[str, str]) -> Content:
    if item is None and section.kind != "documents":
        return Content(values, draft.content.items)
    items = list(draft.content.items)
    at = (item or 1) - 1
    items[at : at + 1] = [values] if values or item is not None or len(items) > 1 else []
    return Content(draft.content.fields, items)
