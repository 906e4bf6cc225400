"""Whether a document follows `schemas/ccd-1.0.xsd`, and if not, everything that has to be put right.

libxml2 decides, in microseconds. Only what it refuses is looked at again, slowly, to find the words (`refusal`).
"""

import re
import threading
from functools import cache
from typing import Final

from lxml import etree

from declarations import values
from declarations.defects import Defect, shortened
from declarations.grammar import SCHEMA_FILE, grammar
from declarations.refusal import explain, own_text

_READERS: Final = {"date": values.day, "dateTime": values.moment, "gYear": values.year}
_of_thread = threading.local()


def validate(root: etree._Element) -> tuple[Defect, ...]:
    """Return what keeps `root` from being a declaration: nothing, or up to 100 defects and a count of the rest."""
    schema = _schema()
    if schema.validate(root):
        return _beyond_calendar(root)
    defects = explain(root)
    if defects:
        return defects
    refusals = [shortened(re.sub(r"\{[^}]*\}", "", error.message)) for error in schema.error_log]
    return tuple(Defect("S-098", None, None, "/Declaration", {"value": refusal}) for refusal in refusals)


def _schema() -> etree.XMLSchema:
    """Return this thread's own validator: libxml2's keeps its error log in itself."""
    schema: etree.XMLSchema | None = getattr(_of_thread, "schema", None)
    if schema is None:
        schema = _of_thread.schema = etree.XMLSchema(etree.parse(SCHEMA_FILE))
    return schema


def _beyond_calendar(root: etree._Element) -> tuple[Defect, ...]:
    """Return the dates that the schema accepts and no calendar holds, such as those of the year 20260."""
    elements, bases = _dated()
    defects = []
    for element in root.iter(*elements):
        base = bases[str(element.tag)]
        try:
            _READERS[base](own_text(element))
        except ValueError:
            if (place := _place(element)) is not None:
                path, item, box = place
                params = {"element": path.rpartition("/")[2], "value": shortened(own_text(element)), "form": base}
                defects.append(Defect("S-008", box, item, path, params))
    return tuple(defects)


@cache
def _dated() -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the tags that hold dates, and the built-in type of each."""
    found: dict[str, str] = {}
    waiting = [grammar()]
    while waiting:
        element = waiting.pop()
        waiting.extend(element.children)
        if element.rule is not None and element.rule.base in _READERS:
            found[element.tag] = element.rule.base
    return tuple(found), found


def _place(element: etree._Element) -> tuple[str, int | None, str | None] | None:
    """Return path, item and box of an element of a valid document; None inside the signature."""
    lineage = [element, *element.iterancestors()]
    lineage.reverse()
    declared, path, item = grammar(), "", None
    for step in lineage:
        name = etree.QName(step).localname
        if step is not lineage[0]:
            found = [child for child in declared.children if child.name == name]
            if not found:
                return None
            declared = found[0]
        position = ""
        if declared.occurs_max > 1:
            count = 1 + sum(1 for _ in step.itersiblings(str(step.tag), preceding=True))
            position = f"[{count}]"
            item = count if name == "GovernmentAgencyGoodsItem" else item
        path = f"{path}/{name}{position}"
    return path, item, declared.box
