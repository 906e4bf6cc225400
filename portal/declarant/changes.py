"""What one version of a declaration says differently from another, box by box."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import zip_longest

from msgspec import Struct

from declarations.writing import Content
from portal.declarant.drafting.form import Kind, bare, item_section, sections

_OF_EVERY_DOCUMENT = ("FunctionCode", "ID", "IssueDateTime", "Amendment", "Signatory/SigningDate")


class Change(Struct, frozen=True):
    """What stands elsewise: before and after as text, "" where nothing stood. `item` is None for the whole document."""

    item: int | None
    box: str | None
    label: str
    before: str
    after: str


def changes(old: Content, new: Content, language: str) -> tuple[Change, ...]:
    """Return every difference, those of the whole document first. What is new in every document is none."""
    found = list(_of(None, old.fields, new.fields, language))
    nothing: dict[str, str] = {}
    for number, (before, after) in enumerate(zip_longest(old.items, new.items, fillvalue=nothing), start=1):
        found += _of(number, before, after, language)
    return tuple(found)


def _of(item: int | None, old: Mapping[str, str], new: Mapping[str, str], language: str) -> Iterator[Change]:
    for path in dict.fromkeys((*old, *new)):
        before, after = old.get(path, ""), new.get(path, "")
        if before == after or (item is None and bare(path).startswith(_OF_EVERY_DOCUMENT)):
            continue
        box, words = _named(in_item=item is not None).get(bare(path), (None, {}))
        yield Change(item, box, words.get(language) or bare(path).replace("/@", " ").replace("/", " / "), before, after)


@cache
def _named(*, in_item: bool) -> Mapping[str, tuple[str | None, Mapping[str, str]]]:
    """Return box and words of each path of the form, positions left out."""
    named: dict[str, tuple[str | None, Mapping[str, str]]] = {}
    for section in (item_section(),) if in_item else sections():
        for kind in Kind:
            for part in section.parts(kind):
                for field in part.fields_at():
                    words = {language: field.text(language) or part.text(language) for language in ("kk", "ru", "en")}
                    for path in (field.path, field.attribute):
                        if path:
                            named.setdefault(bare(path), (field.box or part.box, words))
    return named
