"""Why a judgement cannot go on. A risk that is found is data (`Finding`); these are raised."""

from collections.abc import Mapping, Sequence
from typing import Any

from risk_gateway.words import Words, message


class RiskGatewayError(Exception):
    """The base of every error of this package; `code` names the message in messages.toml."""

    def __init__(self, code: str, **params: str | Words) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, Any] = params

    @property
    def texts(self) -> Words:
        return message(self.code, self.params)

    def text(self, language: str) -> str:
        return self.texts.into(language)

    def __str__(self) -> str:
        return f"{self.code}: {self.text('en')}"


class OutOfTime(RiskGatewayError):
    """The time budget ran out at check number `check`."""

    def __init__(self, check: int) -> None:
        super().__init__("out-of-time", check=str(check))
        self.check = check


class OutOfKnowledge(RiskGatewayError):
    """There is nothing to judge with: no such block, or no active profile for it."""


class KnowledgeTampered(OutOfKnowledge):
    """The knowledge does not have the SHA-256 that it claims."""


class ProfileRefused(RiskGatewayError):
    """A profile breaks a rule; `place` says where, as a path into the profile."""

    def __init__(self, code: str, place: str, **params: str | Words) -> None:
        super().__init__(code, place=place, **params)
        self.place = place


class ParametersRefused(RiskGatewayError):
    """The bands, factors or rates break a rule, or none is in force on the day."""


class MoveRefused(RiskGatewayError):
    """A step in the life of a profile is not allowed; `problems` are what is wrong with the profile itself."""

    def __init__(self, code: str, problems: Sequence[ProfileRefused] = (), **params: str | Words) -> None:
        super().__init__(code, **params)
        self.problems = tuple(problems)


class ControlRefused(RiskGatewayError):
    """The result of a control, or an override, does not fit what is recorded."""


class ValuesRefused(RiskGatewayError):
    """Reference values break a rule; `place` says where, as a table and the row's key or number."""

    def __init__(self, code: str, place: str, **params: str | Words) -> None:
        super().__init__(code, place=place, **params)
        self.place = place
