"""The address of a declaration: the three parts of its registration number, in pages and API alike."""

from dataclasses import asdict, dataclass

from litestar.di import Provide
from litestar.params import FromPath

DECLARATION = "/{office:str}/{day:str}/{serial:str}"


@dataclass(frozen=True)
class Address:
    """The parts as they stand in the path, which may be anything."""

    office: str
    day: str
    serial: str

    @property
    def number(self) -> str:
        return f"{self.office}/{self.day}/{self.serial}"

    def parts(self) -> dict[str, str]:
        """Return the parts by name, for making another address of the same declaration."""
        return asdict(self)

    def file(self, kind: str, ending: str = "xml") -> str:
        """Return the name of a file about this declaration."""
        return f"{kind}-{self.office}-{self.day}-{self.serial}.{ending}"


def _address(office: FromPath[str], day: FromPath[str], serial: FromPath[str]) -> Address:
    return Address(office, day, serial)


ADDRESS = {"address": Provide(_address, sync_to_thread=False)}
