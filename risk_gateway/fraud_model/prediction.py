"""Asks the fraud model about a case."""

from risk_gateway.budget import Budget
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.model import Case, Opinion


def opinion(case: Case, model: FraudModel | None, budget: Budget) -> Opinion | None:
    """Return what the model thinks of the case; None without a model for its block. Raises OutOfTime."""
    return None
