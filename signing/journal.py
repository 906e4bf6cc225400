"""The append-only tree over all events: whoever holds its root can prove that nothing was changed or taken out.

Pure functions over hashes. The head is small enough to keep in one row, and appending costs O(log n). Proofs are made
from the roots of perfect subtrees, which the caller gives: with tiles kept as they are completed that is O(log n) too.
Source: RFC 6962, section 2.1 (Merkle hash tree, SHA-256); RFC 9162, section 2.1 (how proofs are checked).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NewType

LeafHash = NewType("LeafHash", bytes)
# (height, index) -> the root over the 2**height leaves from index * 2**height on, all of which must exist.
Subtree = Callable[[int, int], bytes]

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
_LEAF = b"\x00"
_NODE = b"\x01"


@dataclass(frozen=True)
class Tile:
    """The root over the 256**level leaves from index * 256**level on."""

    level: int
    index: int
    root: bytes


@dataclass(frozen=True)
class Head:
    """The tree after `size` entries: the roots of its perfect subtrees, the largest first.

    There is one for each bit set in `size`. Raises ValueError when number or length of the hashes cannot be right.
    """

    size: int = 0
    frontier: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.frontier) != self.size.bit_count():
            raise ValueError("the frontier must have one hash for each bit set in the size")
        if any(len(subtree) != HASH_BYTES for subtree in self.frontier):
            raise ValueError("a hash must have 32 bytes")

    @classmethod
    def from_bytes(cls, size: int, frontier: bytes) -> "Head":
        """Return the head whose frontier was written by `frontier_bytes`. Raises ValueError."""
        hashes = tuple(frontier[start : start + HASH_BYTES] for start in range(0, len(frontier), HASH_BYTES))
        return cls(size, hashes)

    def frontier_bytes(self) -> bytes:
        """Return the hashes of the frontier one after another, 32 bytes each."""
        return b"".join(self.frontier)


def leaf_hash(entry: bytes) -> LeafHash:
    """Return the hash under which an entry stands in the tree."""
    return LeafHash(sha256(_LEAF + entry).digest())


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over two subtrees."""
    return sha256(_NODE + left + right).digest()


def append(head: Head, leaves: Iterable[LeafHash]) -> tuple[Head, list[Tile]]:
    """Return the head after these leaves, and the tiles they complete in the order of their completion.

    Equal subtrees at the end are joined, like carrying in binary addition. Raises ValueError.
    """
    frontier, size, tiles = list(head.frontier), head.size, []
    for leaf in leaves:
        if len(leaf) != HASH_BYTES:
            raise ValueError("a leaf must be a hash of 32 bytes")
        subtree, height, index = bytes(leaf), 0, size
        while index & 1:
            subtree, height, index = node_hash(frontier.pop(), subtree), height + 1, index >> 1
            if height % TILE_HEIGHT == 0:
                tiles.append(Tile(height // TILE_HEIGHT, index, subtree))
        frontier.append(subtree)
        size += 1
    return Head(size, tuple(frontier)), tiles


def root(head: Head) -> bytes:
    """Return the Merkle tree hash of all entries; of none, the hash of the empty string."""
    return _joined(head.frontier) if head.frontier else sha256(b"").digest()


def head_of(leaves: Iterable[LeafHash]) -> Head:
    """Return the head of a tree with these leaves."""
    return append(Head(), leaves)[0]


def root_at(size: int, subtree: Subtree) -> bytes:
    """Return the root that the tree had when it held `size` leaves, at least one."""
    return _root_between(0, size, subtree)


def prove_inclusion(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Return the audit path of one leaf in the tree of `size`: the sibling subtrees from the leaf up to the root.

    Raises IndexError when there is no such leaf. Source: RFC 6962, section 2.1.1.
    """
    if not 0 <= index < size:
        raise IndexError("no such leaf")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _largest_power_below(high - low)
        if index < middle:
            path.append(_root_between(middle, high, subtree))
            high = middle
        else:
            path.append(_root_between(low, middle, subtree))
            low = middle
    return tuple(reversed(path))


def prove_consistency(first: int, second: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Return the proof that the tree of `first` leaves is the beginning of that of `second`.

    Raises IndexError unless 0 < first <= second. Source: RFC 6962, section 2.1.2.
    """
    if not 0 < first <= second:
        raise IndexError("no such trees")
    path: list[bytes] = []
    low, high = 0, second
    while first < high:
        middle = low + _largest_power_below(high - low)
        if first <= middle:
            path.append(_root_between(middle, high, subtree))
            high = middle
        else:
            path.append(_root_between(low, middle, subtree))
            low = middle
    if low > 0:  # else the first tree is itself a subtree, whose root the verifier has
        path.append(_root_between(low, high, subtree))
    return tuple(reversed(path))


def includes(root_hash: bytes, size: int, index: int, leaf: LeafHash, path: Sequence[bytes]) -> bool:
    """Tell whether the path proves that the leaf stands at `index` in the tree of `size` with this root.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    node, last, subtree = index, size - 1, bytes(leaf)
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            subtree = node_hash(sibling, subtree)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            subtree = node_hash(subtree, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and subtree == root_hash


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether the proof shows that the tree of `second` leaves with its root begins with that of `first`.

    Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if first & (first - 1) == 0:
        proof = (first_root, *proof)
    if not proof:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def subtree_of(leaves: Sequence[LeafHash]) -> Subtree:
    """Return the function that proofs ask, over leaves in memory."""
    return lambda height, index: perfect_root(leaves[index << height : (index + 1) << height])


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes, all of one height."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[place], hashes[place + 1]) for place in range(0, len(hashes), 2)]
    return hashes[0]


def _root_between(low: int, high: int, subtree: Subtree) -> bytes:
    """Return the root over the leaves from `low` to before `high`, where `low` is a multiple of the largest part."""
    parts = []
    while low < high:
        height = (high - low).bit_length() - 1
        parts.append(subtree(height, low >> height))
        low += 1 << height
    return _joined(parts)


def _joined(parts: Sequence[bytes]) -> bytes:
    """Return the root over perfect subtrees, the largest first."""
    *larger, joined = parts
    for left in reversed(larger):
        joined = node_hash(left, joined)
    return joined


def _largest_power_below(count: int) -> int:
    """Return the largest power of two smaller than `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)
