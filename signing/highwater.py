"""The high-water mark: the newest checkpoint, kept in a file outside the database, so that an old copy of the database
cannot lead us to sign something that contradicts what we signed before.

A mark is compared with the tree, not believed for its signature: a false one can only make us refuse.
"""

from pathlib import Path

from signing import journal
from signing.checkpoint import Checkpoint, read_note
from signing.errors import CheckpointRefused
from signing.files import replace_file


def read_mark(path: Path) -> str | None:
    """Return the kept note, or None when there is no file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def write_mark(path: Path, note: str) -> None:
    """Keep the note: when this returns it is on the disk, and at every moment the old note or the new one is."""
    replace_file(path, note.encode())


def demand_mark(path: Path, note: str | None) -> Checkpoint:
    """Return what the kept note says, which must be there. Raises CheckpointRefused, CheckpointInvalid."""
    if note is None:
        raise CheckpointRefused("checkpoint.mark_missing", {"path": str(path)})
    return read_note(note)


def demand_growth(earlier: Checkpoint, head: journal.Head, subtree: journal.Subtree) -> None:
    """Make sure that the tree begins with what was signed earlier. Raises CheckpointRefused."""
    if earlier.size > head.size:
        raise CheckpointRefused("checkpoint.behind", {"size": str(earlier.size), "count": str(head.size)})
    proof = journal.prove_consistency(earlier.size, head.size, subtree)
    if not journal.consistent(earlier.size, head.size, earlier.root, journal.root(head), proof):
        raise CheckpointRefused("checkpoint.inconsistent", {"size": str(earlier.size)})
