"""What the project's speed is, measured. The documents and offices come from the tests' own makers."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
