"""How much a document may hold before anything is computed from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What is refused before any cryptography. `references` are those to characters, such as `&amp;`.

    `inclusive_cost` bounds declarations squared x elements: inclusive canonical form writes every namespace in scope
    again and libxml2 compares each with each. `exclusive_cost` bounds declarations x (elements + attributes): each
    name is looked up among the namespaces already written. `gost_bytes` bounds each digest of the GOST plug-in,
    which is pure Python: 65,536 bytes take it a sixth of a second.
    """

    bytes: int = 8_000_000
    elements: int = 200_000
    attributes: int = 100_000
    references: int = 1_000_000
    attributes_of_one_element: int = 64
    depth: int = 64
    namespace_declarations: int = 256
    inclusive_namespace_declarations: int = 64
    inclusive_cost: int = 50_000_000
    exclusive_cost: int = 10_000_000
    signatures: int = 4
    certificates: int = 5
    certificate_characters: int = 16_384
    gost_bytes: int = 65_536


LIMITS = Limits()
