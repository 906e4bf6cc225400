"""One attempt: a signed request to one receiver, whose answer counts only by its status."""

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache

import httpx
from msgspec import Struct

from portal.webhooks.addresses import NoWay, Problem, Target, resolve, target_of

SECONDS_MAX = 10.0  # for all of it: who answers a byte a second is as slow as who never answers
_AGENT = "Shekara-Webhooks/1"


class Outcome(Struct, frozen=True):
    """What came of an attempt: a status, or the problem that kept it from one."""

    status: int | None = None
    problem: Problem | None = None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send(
    url: str, headers: Mapping[str, str], body: bytes, *, loopback: bool = False, seconds: float = SECONDS_MAX
) -> Outcome:
    """Send once. Never follows a redirect and never reads the body of an answer."""
    try:
        target = target_of(url, loopback=loopback)
        address = resolve(target, loopback=loopback)
        return Outcome(status=asyncio.run(_post(target, address, headers, body, seconds)))
    except NoWay as refused:
        return Outcome(problem=refused.problem)
    except TimeoutError:
        return Outcome(problem=Problem.TIME)
    except (httpx.HTTPError, OSError) as error:
        return Outcome(problem=_problem_of(error))


async def _post(target: Target, address: str, headers: Mapping[str, str], body: bytes, seconds: float) -> int:
    """Post to the resolved address in the name of the host, whose certificate must fit. Raises `TimeoutError`."""
    place = f"[{address}]" if ":" in address else address
    sent = {
        **headers,
        "Host": target.authority,
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "Accept-Encoding": "identity",
    }
    async with asyncio.timeout(seconds):
        async with httpx.AsyncClient(verify=_trusted(), trust_env=False, timeout=seconds) as client:
            request = client.build_request(
                "POST",
                f"{target.scheme}://{place}:{target.port}{target.path}",
                headers=sent,
                content=body,
                extensions={"sni_hostname": target.host},
            )
            answer = await client.send(request, stream=True, follow_redirects=False)
            await answer.aclose()
            return answer.status_code


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _problem_of(error: BaseException) -> Problem:
    """Return what went wrong; that of a certificate stands behind the error of the library."""
    if isinstance(error, httpx.TimeoutException):
        return Problem.TIME
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Problem.CERTIFICATE
        cause = cause.__cause__ or cause.__context__
    return Problem.CONNECTION
