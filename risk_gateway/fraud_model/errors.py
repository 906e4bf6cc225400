"""Why a fraud model cannot be trained."""

from risk_gateway.errors import RiskGatewayError


class TooFewLabels(RiskGatewayError):
    """There are not enough closed inspection acts, or not enough that found something."""
