"""Write a file for good."""

import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a file: when this returns it is on the disk, and at every moment a reader finds the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    with made.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
