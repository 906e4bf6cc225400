"""Small fraud models for tests: trained in a moment on made-up acts in which cheap goods from one origin are wrong."""

from functools import cache

import numpy as np

from risk_gateway.fraud_model.features import Row
from risk_gateway.fraud_model.spec import FraudModel
from risk_gateway.fraud_model.training import Example, Recipe, train

QUICK = Recipe(trees=30, rows_per_leaf_min=20)
WRONG_ORIGIN, RIGHT_ORIGIN = "CN", "DE"
CODES = ("8539229000", "9401610000", "6204620000")


def examples(count: int = 900, seed: int = 7) -> list[Example]:
    """Return so many acts of one item; from the wrong origin cheap goods are nearly always wrong, others seldom."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(count):
        origin = WRONG_ORIGIN if chance.random() < 0.5 else RIGHT_ORIGIN
        mass, per_kg = round(float(chance.uniform(10, 1000)), 1), round(float(chance.lognormal(1.0, 0.8)), 4)
        wrong = 0.9 if origin == WRONG_ORIGIN and per_kg < 2.7 else 0.05
        row = Row(
            commodity=CODES[number % len(CODES)],
            origin=origin,
            dispatch=origin,
            declarant=f"{number % 40:012}",
            agent="",
            office="20201",
            transport="3",
            procedure="40",
            mass_kg=mass,
            value=round(mass * per_kg, 2),
        )
        made.append(Example(row, bool(chance.random() < wrong)))
    return made


@cache
def small(seed: int = 7) -> FraudModel:
    """Return a model that finds cheap goods from the wrong origin suspicious; another seed gives another model."""
    return train(examples(seed=seed), "imports", f"test {seed}", QUICK).model
