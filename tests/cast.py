"""The demo cast of docs/glossary.md, for tests: who they are and whom they act for."""

from portal.demo.cast import ANALYSTS, OFFICES, PARTICIPANTS, PERSONS, DemoParticipant, DemoPerson

__all__ = ["ANALYSTS", "OFFICES", "PARTICIPANTS", "PERSONS", "DemoParticipant", "DemoPerson"]
