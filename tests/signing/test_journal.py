"""The tree is that of RFC 6962, computed here once more by the RFC's own recursive definitions."""

from collections.abc import Sequence
from hashlib import sha256

import pytest

from signing.journal import Head, LeafHash, append, head_of, includes, leaf_hash, prove_inclusion, root

ENTRIES = [f"entry {number}".encode() for number in range(201)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def rfc_root(entries: Sequence[bytes]) -> bytes:
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    middle = split(len(entries))
    return sha256(b"\x01" + rfc_root(entries[:middle]) + rfc_root(entries[middle:])).digest()


def rfc_path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    middle = split(len(entries))
    if index < middle:
        return [*rfc_path(index, entries[:middle]), rfc_root(entries[middle:])]
    return [*rfc_path(index - middle, entries[middle:]), rfc_root(entries[:middle])]


def test_the_root_is_that_of_the_definition_for_every_size() -> None:
    head = Head()
    for size in range(201):
        assert head.size == size
        assert root(head) == rfc_root(ENTRIES[:size])
        assert head == head_of(LEAVES[:size])
        head = append(head, LEAVES[size])


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


def test_a_leaf_must_be_a_hash() -> None:
    with pytest.raises(ValueError):
        append(Head(), LeafHash(b"an entry, not its hash"))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 200])
def test_the_inclusion_of_every_leaf_is_proved(size: int) -> None:
    tree = rfc_root(ENTRIES[:size])
    for index in range(size):
        path = prove_inclusion(LEAVES[:size], index)
        assert list(path) == rfc_path(index, ENTRIES[:size])
        assert includes(tree, size, index, LEAVES[index], path)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 12])
def test_nothing_else_is_proved(size: int) -> None:
    tree = rfc_root(ENTRIES[:size])
    for index in range(size):
        path = prove_inclusion(LEAVES[:size], index)
        assert not includes(tree, size, index, LEAVES[index + 1], path)
        assert not includes(rfc_root(ENTRIES[: size + 1]), size, index, LEAVES[index], path)
        assert not includes(tree, size, index, LEAVES[index], (*path, bytes(32)))
        assert not includes(tree, size, index, LEAVES[index], (bytes(32), *path))
        for step in range(len(path)):
            assert not includes(tree, size, index, LEAVES[index], path[:step] + path[step + 1 :])
            wrong = bytes([path[step][0] ^ 1]) + path[step][1:]
            assert not includes(tree, size, index, LEAVES[index], (*path[:step], wrong, *path[step + 1 :]))
        for other in (*range(-1, index), *range(index + 1, size + 2)):
            assert not includes(tree, size, other, LEAVES[index], path)


@pytest.mark.parametrize("index", [-1, 3, 4])
def test_there_is_no_proof_for_what_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        prove_inclusion(LEAVES[:3], index)
