"""What the process writes about itself: one line an event, with the plain traceback of what failed."""

import structlog


def configure() -> None:
    """Log without the values of local variables, which the usual traceback of structlog shows: passwords among them."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    )
