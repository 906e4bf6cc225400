"""Judging at other moments than a lodgement: a movement at a crossing or its arrival, a traveller, who to audit.

    judge      a case -> what the gateway and the decision say; safe whatever breaks; reads, and writes nothing
    record     in the caller's transaction: row, sealed notice, journal entry, message
    close      in the caller's transaction: what the control found that a judgement led to
    views      what an officer and what a participant may read of it

See docs/judging.md.
"""

from portal.judging.asking import judge
from portal.judging.closing import close
from portal.judging.model import Judged, Kept
from portal.judging.recording import record
from portal.judging.views import for_participant, read_file

__all__ = ["Judged", "Kept", "close", "for_participant", "judge", "read_file", "record"]
