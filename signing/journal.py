"""The append-only tree over all events: whoever holds its root can prove that nothing was changed or taken out.

Pure functions over hashes: the head is small enough to keep in one row, and appending costs O(log n).
Source: RFC 6962, section 2.1 (Merkle hash tree, SHA-256).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NewType

LeafHash = NewType("LeafHash", bytes)

HASH_BYTES = 32
_LEAF = b"\x00"
_NODE = b"\x01"


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


def append(head: Head, leaf: LeafHash) -> Head:
    """Return the head after one more leaf: equal subtrees at the end are joined, like carrying in binary addition."""
    frontier, subtree, size = list(head.frontier), bytes(leaf), head.size
    while size & 1:
        subtree = node_hash(frontier.pop(), subtree)
        size >>= 1
    return Head(head.size + 1, (*frontier, subtree))


def root(head: Head) -> bytes:
    """Return the Merkle tree hash of all entries; of none, the hash of the empty string."""
    if not head.frontier:
        return sha256(b"").digest()
    *larger, subtree = head.frontier
    for left in reversed(larger):
        subtree = node_hash(left, subtree)
    return subtree


def head_of(leaves: Sequence[LeafHash]) -> Head:
    """Return the head of a tree with these leaves."""
    head = Head()
    for leaf in leaves:
        head = append(head, leaf)
    return head


def prove_inclusion(leaves: Sequence[LeafHash], index: int) -> tuple[bytes, ...]:
    """Return the audit path of one leaf: the sibling subtrees from the leaf up to the root.

    Raises IndexError when there is no such leaf. Source: RFC 6962, section 2.1.1.
    """
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _largest_power_below(high - low)
        if index < middle:
            path.append(root(head_of(leaves[middle:high])))
            high = middle
        else:
            path.append(root(head_of(leaves[low:middle])))
            low = middle
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


def _largest_power_below(count: int) -> int:
    """Return the largest power of two smaller than `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)
