"""Facts of the blocks that are words of a closed list."""

from enum import StrEnum


class MovementEvent(StrEnum):
    """The moment at which a movement is judged."""

    CROSSING = "crossing"
    DECLARATION = "declaration"
    SEAL_EVENT = "seal_event"
    ARRIVAL = "arrival"
    DEADLINE = "deadline"


class Corridor(StrEnum):
    GREEN = "green"
    RED = "red"


class Suspicion(StrEnum):
    """What an inspector noticed in a traveller, as a coded reason; NONE says that he looked and noticed nothing."""

    NONE = "none"
    NERVOUS_BEHAVIOUR = "nervous_behaviour"
    CONTRADICTORY_ANSWERS = "contradictory_answers"
    UNUSUAL_LUGGAGE = "unusual_luggage"
    DOG_ALERT = "dog_alert"
    SCANNER_IMAGE = "scanner_image"
    OPERATIVE_INFORMATION = "operative_information"
    OTHER_OBSERVATION = "other_observation"
