"""Why a change of a partner is refused."""


class Refused(Exception):
    """`code` has its words in portal/partners/words.py, `field` is the input beside which they stand."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
