"""Why an entry cannot be posted."""


class PostingRefused(Exception):
    """`code` is stable; portal/ledger/words.toml has its words."""

    def __init__(self, code: str, field: str | None = None, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params
