"""What a declarant must never read, and every form in which an answer could hold it."""

import io
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any, cast

import pypdf
import zstandard
from pypdf.errors import PdfReadError
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject, TextStringObject

from risk_gateway.instructions import instruction_in
from risk_gateway.model import Assessment, Knowledge
from risk_gateway.profiles import Condition, Profile
from risk_gateway.words import LANGUAGES, Words

SHORTEST = 5  # characters: what is shorter could be there by coincidence
DISTINCTIVE = re.compile(r"[-_.]|\W\w|\d")  # no single everyday word
NUMBER = re.compile(r"-?[0-9.]+")
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
PDF = b"%PDF-"
ZSTD = b"\x28\xb5\x2f\xfd"


def secrets_of(known: Knowledge) -> Iterator[str]:
    """Yield what betrays the profiles, the model and the day's key of this knowledge."""
    for profile in known.profiles:
        yield from secrets_of_profile(profile)
    key = known.day_key
    yield from (key.hex(), b64encode(key).decode())
    if known.model is not None:
        yield from (known.model.version, known.model.source)


def secrets_of_profile(profile: Profile) -> Iterator[str]:
    yield from (profile.code, profile.family)
    yield from _texts(profile.title)
    for order in profile.measures:
        yield from (instruction_in(language, order.instruction) for language in LANGUAGES)
    yield from thresholds(profile.condition)


def secrets_of_assessment(assessment: Assessment) -> Iterator[str]:
    """Yield the scores, the draws and the model's opinion of one assessment."""
    yield from map(str, (assessment.score, assessment.worst_item_score))
    yield from (drawn.draw for drawn in assessment.selections)
    yield from (drawn.profile for drawn in assessment.selections if drawn.profile != "random")
    if assessment.opinion is not None:
        yield assessment.opinion.model
        for item in assessment.opinion.items:
            yield str(item.probability)
            yield from (str(reason.contribution) for reason in item.reasons)
            yield from (reason.feature for reason in item.reasons)
    if assessment.problem is not None:
        yield assessment.problem


def thresholds(condition: Condition) -> Iterator[str]:
    """Yield the values of a condition that are numbers with a fraction."""
    for node in (*(condition.all or ()), *(condition.any or ()), *filter(None, [condition.negated])):
        yield from thresholds(node)
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    yield from (value for value in values if isinstance(value, str) and re.fullmatch(r"\d+\.\d+", value))


def distinctive(tokens: Iterator[str]) -> frozenset[str]:
    """Return those that cannot be there by coincidence."""
    long = (token for token in tokens if len(token) >= SHORTEST and DISTINCTIVE.search(token))
    return frozenset(token for token in long if not NUMBER.fullmatch(token) or len(token.strip("-0.")) >= 3)


def traces(tokens: frozenset[str], content: bytes) -> list[str]:
    """Return the tokens that occur in some content, also in what is packed or encoded in it."""
    text = "\n".join(part.decode("utf-8", "replace") for part in opened(content))
    return sorted(token for token in tokens if token in text)


def opened(content: bytes, depth: int = 3) -> Iterator[bytes]:
    """Yield the content, and what it holds in base64, compressed, or as a JSON text with escapes.

    Of a PDF yield what it says.
    """
    pdf = _read_pdf(content) if content.startswith(PDF) else None
    if pdf is not None:
        yield "\n".join(_said_in(pdf)).encode()
        for files in pdf.attachments.values():
            for file in files:
                yield from opened(file, depth - 1)
        return
    yield content
    if depth == 0:
        return
    if content.startswith(ZSTD):
        yield from opened(zstandard.decompress(content), depth - 1)
    if content.startswith((b"{", b"[")):
        yield json.dumps(_read(content), ensure_ascii=False).encode()
    for run in BASE64.findall(content):
        decoded = _decoded(run)
        if decoded is not None:
            yield from opened(decoded, depth - 1)


def _read_pdf(content: bytes) -> pypdf.PdfReader | None:
    """Return none for what merely begins like one, as files do that tests upload."""
    try:
        return pypdf.PdfReader(io.BytesIO(content))
    except PdfReadError:
        return None


def _said_in(pdf: pypdf.PdfReader) -> Iterator[str]:
    """Yield the text of each page, each text beside them (titles, descriptions of pictures), and what is told of the
    file. The places and widths of letters are numbers that may be anything."""
    yield from (page.extract_text() for page in pdf.pages)
    for number in range(1, cast(int, pdf.trailer["/Size"])):
        yield from _strings_of(pdf.get_object(number))


def _strings_of(found: Any) -> Iterator[str]:
    if isinstance(found, TextStringObject):
        yield found
    elif isinstance(found, ArrayObject):
        for each in found:
            yield from _strings_of(each)
    elif isinstance(found, DictionaryObject):
        if isinstance(found, StreamObject) and found.get("/Type") == "/Metadata":
            yield found.get_data().decode()
        for each in found.values():  # what it only refers to comes under its own number
            yield from _strings_of(each)


def _decoded(run: bytes) -> bytes | None:
    try:
        return b64decode(run.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(run) % 4))
    except ValueError:
        return None


def _read(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _texts(words: Words) -> tuple[str, ...]:
    return words.kk, words.ru, words.en
