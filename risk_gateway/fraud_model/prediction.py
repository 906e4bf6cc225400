"""Asks the fraud model about a case. Whatever is wrong with the model, rules judge alone: the opinion is None then."""

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import lightgbm
except (ImportError, OSError):  # its library needs others of the machine
    lightgbm = None  # type: ignore[assignment]

from risk_gateway.budget import Budget
from risk_gateway.fraud_model import booster_text, calibration
from risk_gateway.fraud_model.features import CODED, FEATURES, Matrix, Row, Tables, rows_of
from risk_gateway.fraud_model.spec import FraudModel, version_of
from risk_gateway.model import Case, ItemOpinion, Opinion, Reason

EXPLAINED_ITEMS = 5
EXPLAINED_REASONS = 5
READY_MAX = 4  # loaded boosters: the champion's, and some that are replayed
PROBABILITY = Decimal("0.000001")
SHARE_PLACES = 4
NOT_KNOWN = "-"


class Loaded:
    """A model that is ready to be asked, from any number of threads at once."""

    def __init__(self, model: FraudModel, booster: Any) -> None:
        self.model = model
        self._booster = booster
        self._tables = Tables.of(model)

    def matrix(self, rows: Sequence[Row]) -> Matrix:
        """Return the features of each row, in the order of FEATURES."""
        return self._tables.matrix(rows)

    def probabilities(self, matrix: Matrix) -> list[float]:
        """Return the calibrated probability of a violation for each row, 0-1."""
        raw = self._booster.predict(matrix, raw_score=True, num_threads=1)
        return calibration.probabilities(self.model.calibration, raw)

    def contributions(self, matrix: Matrix) -> NDArray[np.float64]:
        """Return what each feature adds to the log-odds of each row, exactly."""
        shares: NDArray[np.float64] = self._booster.predict(matrix, pred_contrib=True, num_threads=1)
        return shares[:, :-1]  # the last column is what all rows have in common


def opinion(case: Case, model: FraudModel | None, budget: Budget) -> Opinion | None:
    """Return what the model thinks of the case, or None: without a model for its block that works, or without items.

    Raises OutOfTime.
    """
    if model is None or model.block != case.block or not case.items:
        return None
    budget.check()
    loaded = load(model)
    if loaded is None:
        return None
    rows = rows_of(case)
    matrix = loaded.matrix(rows)
    budget.check()
    probabilities = loaded.probabilities(matrix)
    worst = sorted(range(len(rows)), key=lambda place: (-probabilities[place], place))[:EXPLAINED_ITEMS]
    budget.check()
    shares = np.round(loaded.contributions(matrix[worst]), SHARE_PLACES)
    strongest = np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :EXPLAINED_REASONS]
    opinions = tuple(
        ItemOpinion(
            item=case.items[place].sequence,
            probability=Decimal(probabilities[place]).quantize(PROBABILITY),
            reasons=_reasons(rows[place], matrix[place].tolist(), share, features),
        )
        for place, share, features in zip(worst, shares.tolist(), strongest.tolist(), strict=True)
    )
    return Opinion(model=model.version, probability=opinions[0].probability, items=opinions)


def _reasons(row: Row, numbers: list[float], shares: list[float], strongest: list[int]) -> tuple[Reason, ...]:
    """Return what moved the opinion of an item most, for or against, the strongest first."""
    return tuple(
        Reason(FEATURES[place], _shown(row, FEATURES[place], numbers[place]), _exactly(shares[place]))
        for place in strongest
        if shares[place]
    )


def _exactly(share: float) -> Decimal:
    return Decimal(f"{share:.{SHARE_PLACES}f}")


def _shown(row: Row, feature: str, number: float) -> str:
    """Return the value of a feature as text."""
    if feature in CODED:
        return str(getattr(row, feature)) or NOT_KNOWN
    return NOT_KNOWN if math.isnan(number) else f"{number:.4f}".rstrip("0").rstrip(".")


# --- loading ----------------------------------------------------------------------------------------------------------

_ready: OrderedDict[str, tuple[FraudModel, Loaded | None]] = OrderedDict()
_loading = threading.Lock()


def load(model: FraudModel) -> Loaded | None:
    """Return the model ready to be asked, None when it is broken; it is loaded once per version.

    An object that comes after another of the same version is verified to say the same.
    """
    known = _ready.get(model.version)
    if known is not None and known[0] is model:
        return known[1]
    if version_of(model) != model.version:
        return None
    with _loading:
        known = _ready.get(model.version)
        loaded = _load(model) if known is None else known[1]
        _ready[model.version] = model, loaded
        while len(_ready) > READY_MAX:
            _ready.popitem(last=False)
    return loaded


def _load(model: FraudModel) -> Loaded | None:
    if lightgbm is None or model.features != FEATURES or not model.calibration:
        return None
    if not booster_text.is_sound(model.booster, FEATURES):
        return None
    try:
        return Loaded(model, lightgbm.Booster(model_str=model.booster))
    except (lightgbm.basic.LightGBMError, LookupError, TypeError, ValueError):
        return None
