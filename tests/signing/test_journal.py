"""The tree is that of RFC 6962, computed here once more by the RFC's own recursive definitions."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

import pytest

from signing.journal import (
    Head,
    LeafHash,
    Tile,
    append,
    consistent,
    head_of,
    includes,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root,
    root_at,
    subtree_of,
)

ENTRIES = tuple(f"entry {number}".encode() for number in range(201))
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
SUBTREE = subtree_of(LEAVES)
SIZES = range(1, 65)


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


@cache
def rfc_root(entries: tuple[bytes, ...]) -> bytes:
    """RFC 6962, 2.1: MTH."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    middle = split(len(entries))
    return sha256(b"\x01" + rfc_root(entries[:middle]) + rfc_root(entries[middle:])).digest()


def rfc_path(index: int, entries: tuple[bytes, ...]) -> list[bytes]:
    """RFC 6962, 2.1.1: PATH."""
    if len(entries) == 1:
        return []
    middle = split(len(entries))
    if index < middle:
        return [*rfc_path(index, entries[:middle]), rfc_root(entries[middle:])]
    return [*rfc_path(index - middle, entries[middle:]), rfc_root(entries[:middle])]


def rfc_proof(first: int, entries: tuple[bytes, ...], whole: bool = True) -> list[bytes]:
    """RFC 6962, 2.1.2: SUBPROOF, and PROOF when the subtree is whole."""
    if first == len(entries):
        return [] if whole else [rfc_root(entries)]
    middle = split(len(entries))
    if first <= middle:
        return [*rfc_proof(first, entries[:middle], whole), rfc_root(entries[middle:])]
    return [*rfc_proof(first - middle, entries[middle:], False), rfc_root(entries[:middle])]


def shows_consistency(first: int, second: int, proof: Sequence[bytes], **changes: bytes) -> bool:
    roots = {"first_root": rfc_root(ENTRIES[:first]), "second_root": rfc_root(ENTRIES[:second]), **changes}
    return consistent(first, second, proof=proof, **roots)


def test_the_root_is_that_of_the_definition_for_every_size() -> None:
    head = Head()
    for size in range(201):
        assert head.size == size
        assert root(head) == rfc_root(ENTRIES[:size])
        assert head == head_of(LEAVES[:size])
        head, _ = append(head, [LEAVES[size]])


def test_the_root_of_every_earlier_size_is_found_again() -> None:
    assert [root_at(size, SUBTREE) for size in SIZES] == [rfc_root(ENTRIES[:size]) for size in SIZES]


def test_the_empty_tree_and_one_leaf_have_the_published_hashes() -> None:
    """The values are those that Certificate Transparency logs publish for the empty tree and the empty leaf."""
    assert root(Head()).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_a_head_survives_being_stored() -> None:
    for size in range(201):
        head = head_of(LEAVES[:size])
        assert Head.from_bytes(head.size, head.frontier_bytes()) == head


@pytest.mark.parametrize(("size", "frontier"), [(1, b""), (0, bytes(32)), (3, bytes(32)), (1, bytes(31)), (-1, b"")])
def test_a_stored_head_that_cannot_be_right_is_refused(size: int, frontier: bytes) -> None:
    with pytest.raises(ValueError):
        Head.from_bytes(size, frontier)


@pytest.mark.parametrize("position", [0, 1])
def test_a_leaf_must_be_a_hash(position: int) -> None:
    leaves = [LEAVES[0], LEAVES[1]]
    leaves[position] = LeafHash(b"an entry, not its hash")
    with pytest.raises(ValueError):
        append(Head(), leaves)


# --- tiles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "count"), [(0, 600), (255, 1), (256, 256), (100, 157), (0, 255), (511, 2)])
def test_a_batch_completes_the_tiles_whose_last_leaf_it_brings(before: int, count: int) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(before + count)]
    head, earlier = append(Head(), leaves[:before])
    head, tiles = append(head, leaves[before:])
    assert head == head_of(leaves)
    wanted = range((before + count) // 256)
    assert earlier + tiles == [
        Tile(1, index, root(head_of(leaves[index * 256 : index * 256 + 256]))) for index in wanted
    ]
    assert len(earlier) == before // 256


def test_a_tile_of_tiles_is_completed_after_its_last_part() -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(65_536)]
    head, tiles = append(Head(), leaves)
    assert tiles[-1] == Tile(2, 0, root(head))
    assert [tile.index for tile in tiles[:-1]] == list(range(256))
    assert {tile.level for tile in tiles[:-1]} == {1}


# --- inclusion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 200])
def test_the_inclusion_of_every_leaf_is_proved_at_every_size(size: int) -> None:
    tree = rfc_root(ENTRIES[:size])
    for index in range(size):
        path = prove_inclusion(index, size, SUBTREE)
        assert list(path) == rfc_path(index, ENTRIES[:size])
        assert includes(tree, size, index, LEAVES[index], path)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 12])
def test_no_other_inclusion_is_proved(size: int) -> None:
    tree = rfc_root(ENTRIES[:size])
    for index in range(size):
        path = prove_inclusion(index, size, SUBTREE)
        assert not includes(tree, size, index, LEAVES[index + 1], path)
        assert not includes(rfc_root(ENTRIES[: size + 1]), size, index, LEAVES[index], path)
        for wrong in spoilt(path):
            assert not includes(tree, size, index, LEAVES[index], wrong)
        for other in (*range(-1, index), *range(index + 1, size + 2)):
            assert not includes(tree, size, other, LEAVES[index], path)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (4, 3), (0, 0)])
def test_there_is_no_proof_for_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        prove_inclusion(index, size, SUBTREE)


# --- consistency ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", SIZES)
def test_every_earlier_tree_is_proved_to_be_the_beginning_of_a_later_one(second: int) -> None:
    for first in range(1, second + 1):
        proof = prove_consistency(first, second, SUBTREE)
        assert list(proof) == rfc_proof(first, ENTRIES[:second])
        assert shows_consistency(first, second, proof)


@pytest.mark.parametrize("second", [1, 2, 3, 7, 8, 13, 16, 21])
def test_no_other_consistency_is_proved(second: int) -> None:
    other = rfc_root((b"another", *ENTRIES[1:second]))
    for first in range(1, second + 1):
        proof = prove_consistency(first, second, SUBTREE)
        assert not shows_consistency(first, second, proof, first_root=bytes(32))
        assert not shows_consistency(first, second, proof, second_root=other)
        for wrong in spoilt(proof):
            assert not shows_consistency(first, second, wrong)
        for size in set(range(1, second + 2)) - {first}:
            assert not consistent(size, second, rfc_root(ENTRIES[:first]), rfc_root(ENTRIES[:second]), proof)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (-1, 3), (4, 3)])
def test_there_is_no_consistency_with_a_tree_that_cannot_be_earlier(first: int, second: int) -> None:
    with pytest.raises(IndexError):
        prove_consistency(first, second, SUBTREE)
    assert not consistent(first, second, rfc_root(()), rfc_root(ENTRIES[:3]), [])


def spoilt(proof: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """Return the proof with one hash more, one less, or one changed, in every place."""
    proof = tuple(proof)
    spoilt = [(*proof, bytes(32)), (bytes(32), *proof)]
    for step, kept in enumerate(proof):
        spoilt.append(proof[:step] + proof[step + 1 :])
        spoilt.append((*proof[:step], bytes([kept[0] ^ 1]) + kept[1:], *proof[step + 1 :]))
    return spoilt
