"""What customs of two countries say to each other: the shapes of the exchange itself, gathered in one place."""

from interop.disclosure import ViolationMessage as ViolationMessage
from interop.envelope import Answers as Answers
from interop.envelope import Submission as Submission
from interop.querying import Asked as Asked
from interop.querying import Page as Page
from interop.querying import Told as Told

JSON = "application/json"
QUERY_PATH = "/exchange/v1/queries"
SUBMISSION_PATH = "/exchange/v1/submissions"
VIOLATIONS_PATH = "/exchange/v1/violations"

SHAPES = {
    "asked": Asked,
    "told": Told,
    "submission": Submission,
    "answers": Answers,
    "page": Page,
    "violation": ViolationMessage,
}
