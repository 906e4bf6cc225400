"""The demo cast. Everybody here is fictitious; the numbers have valid check digits and belong to nobody."""

from dataclasses import dataclass
from datetime import date

from risk_gateway.desk import Analyst


@dataclass(frozen=True)
class DemoParticipant:
    """A firm of the cast. `category` is its risk category; `registered_on` its state registration."""

    identifier: str
    name: str
    roles: tuple[str, ...]
    registered_on: date
    category: str


@dataclass(frozen=True)
class DemoPerson:
    """A person of the cast. `organisation` is a BIN, or None for officials; `post` is set for officials."""

    key: str
    iin: str
    name: str
    role: str
    organisation: str | None = None
    post: str | None = None


PARTICIPANTS: dict[str, DemoParticipant] = {
    "altyn": DemoParticipant("150340012340", "Altyn Dala Trade LLP", ("importer",), date(2015, 3, 2), "low"),
    "qorgan": DemoParticipant("240140031359", "Qorgan Import LLP", ("importer",), date(2024, 1, 15), "high"),
    "tengri": DemoParticipant("180740024681", "Tengri Export LLP", ("exporter",), date(2018, 7, 9), "medium"),
    "zhibek": DemoParticipant("110540007770", "Zhibek Logistics LLP", ("broker",), date(2011, 5, 20), "medium"),
    "kaspi": DemoParticipant("091140003214", "Kaspi Carrier LLP", ("carrier",), date(2009, 11, 3), "medium"),
}

PERSONS: dict[str, DemoPerson] = {
    "anna": DemoPerson("anna", "850412450128", "Anna Demo", "declarant", PARTICIPANTS["altyn"].identifier),
    "berik": DemoPerson("berik", "791103300451", "Berik Demo", "broker", PARTICIPANTS["zhibek"].identifier),
    "yerkin": DemoPerson("yerkin", "951010450770", "Yerkin Demo", "declarant", PARTICIPANTS["qorgan"].identifier),
    "zarina": DemoPerson("zarina", "870909300666", "Zarina Demo", "declarant", PARTICIPANTS["tengri"].identifier),
    "aigerim": DemoPerson("aigerim", "930817450553", "Aigerim Demo", "carrier", PARTICIPANTS["kaspi"].identifier),
    "dana": DemoPerson("dana", "900523450679", "Dana Demo", "inspector", post="20201"),
    "nurlan": DemoPerson("nurlan", "860315300477", "Nurlan Demo", "document officer", post="20201"),
    "kairat": DemoPerson("kairat", "790522300813", "Kairat Demo", "inspector", post="10101"),
    "erlan": DemoPerson("erlan", "820705300896", "Erlan Demo", "chief of post", post="20201"),
    "saule": DemoPerson("saule", "881231450112", "Saule Demo", "risk analyst"),
    "timur": DemoPerson("timur", "910310300223", "Timur Demo", "risk analyst"),
    "gulnar": DemoPerson("gulnar", "840618450334", "Gulnar Demo", "registry officer"),
    "marat": DemoPerson("marat", "800229300449", "Marat Demo", "auditor"),
    "aidos": DemoPerson("aidos", "870214300608", "Aidos Demo", "inspector", post="30301"),
    "sanzhar": DemoPerson("sanzhar", "790606400806", "Sanzhar Demo", "document officer", post="30301"),
    "madina": DemoPerson("madina", "920407300708", "Madina Demo", "passenger inspector", post="30301"),
    "bolat": DemoPerson("bolat", "751115300509", "Bolat Demo", "chief of audit"),
    "asel": DemoPerson("asel", "901201450333", "Asel Demo", "administrator"),
    "aliya": DemoPerson("aliya", "830505450308", "Aliya Demo", "administrator"),
}

OFFICES: dict[str, str] = {
    "10101": "Astana",
    "20201": "Almaty",
    "30301": "Nur Zholy",
    "40401": "Dostyk",
    "50501": "Karasu",
    "60601": "Kairak",
}

ANALYSTS: tuple[Analyst, ...] = tuple(
    Analyst(PERSONS[key].iin, PERSONS[key].name) for key in ("saule", "timur")
)  # both of the whole republic
