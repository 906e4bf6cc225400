"""The demo cast of docs/glossary.md, for tests: who they are and whom they act for."""

from portal.demo.cast import OFFICES, PARTICIPANTS, PERSONS, DemoParticipant, DemoPerson

__all__ = ["OFFICES", "PARTICIPANTS", "PERSONS", "DemoParticipant", "DemoPerson"]
