"""Make the random draw of a declaration anew, on any machine, with nothing of Shekara: Python 3.11 or later.

    curl -H "Authorization: Bearer TOKEN" ADDRESS/api/v1/declarations/NUMBER/selection > draw.json
    python verify_selection.py draw.json

Exit status: 0 the draw follows from the key, 1 it does not, 2 nothing could be checked. That the SHA-256 of the key was
in the journal before the day, verify_journal.py tells: entry `journal_index` of an export.
"""

import hashlib
import hmac
import json
import sys
from fractions import Fraction
from typing import Any


def misfits(said: dict[str, Any]) -> list[str]:
    """Return what does not follow from the key, a sentence each."""
    key, commitment = bytes.fromhex(said["key"]["key"]), said["key"]["commitment"]
    message = f"{said['series']}|random|{said['version']}".encode()
    draw = hmac.new(key, message, hashlib.sha256).digest()
    share = Fraction(int.from_bytes(draw, "big"), 2**256)
    committed = json.loads(said["key"]["entry"])["particulars"]["commitment"]
    checks = {
        "the SHA-256 of the key is not the one published before": hashlib.sha256(key).hexdigest() == commitment,
        "the entry of the journal commits to another key": committed == commitment,
        "the draw is not the HMAC-SHA256 of series and key": draw.hex() == said["draw"],
        "whether it selects does not follow from draw and rate": (share < Fraction(said["rate"])) is said["selected"],
    }
    return [sentence for sentence, holds in checks.items() if not holds]


def main() -> int:
    try:
        with open(sys.argv[1], "rb") as file:
            said = json.load(file)
        if said["draw"] is None:
            raise ValueError(f"the key is secret until {said['key']['discloses_at']}")
        found = misfits(said)
    except (OSError, IndexError, KeyError, TypeError, ValueError) as error:
        print(f"NOTHING WAS CHECKED: {error}", file=sys.stderr)
        return 2
    print("DOES NOT FIT: " + "; ".join(found) if found else "The draw follows from the key.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
