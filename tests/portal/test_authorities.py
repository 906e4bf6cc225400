"""What an authority sends is taken within bounds: of bytes, of time, and from the address that was asked only."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from portal.authorities import OF_ANSWER, OF_LIST, AuthorityUnreachable, Bounds, HttpAuthorities

OK = b"HTTP/1.1 200 OK\r\n"
PART = bytes(16_000)


@contextmanager
def answering(*parts: bytes, stalls: bool = False) -> Iterator[str]:
    """Serve one answer on loopback, byte by byte as given, and then end or say no more; yields the address."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            try:
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)
                if not stalls:
                    connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass  # until the caller has gone
            except OSError:
                pass  # the caller has heard enough

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/list.crl"
    finally:
        thread.join()
        server.close()


def ask_list(url: str) -> bytes:
    return HttpAuthorities("").crl(url)


def ask_answer(url: str) -> bytes:
    return HttpAuthorities("").ocsp(url, b"request")


def ask_timestamp(url: str) -> bytes:
    return HttpAuthorities(url).timestamp(b"request")


KINDS = pytest.mark.parametrize("ask", [ask_list, ask_answer, ask_timestamp])


@KINDS
def test_what_is_asked_for_comes_over_http(ask: Callable[[str], bytes]) -> None:
    with answering(OK, b"\r\n", b"con", b"tent") as url:
        assert ask(url) == b"content"


@KINDS
@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"nonsense\r\n\r\n"]
)
def test_an_authority_that_answers_badly_is_as_good_as_silent(ask: Callable[[str], bytes], head: bytes) -> None:
    with answering(head) as url, pytest.raises(AuthorityUnreachable):
        ask(url)


@KINDS
def test_another_address_is_not_followed(ask: Callable[[str], bytes]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        there = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
        moved = f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode()
        with answering(moved) as url, pytest.raises(AuthorityUnreachable, match="302"):
            ask(url)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


@pytest.mark.parametrize(
    ("ask", "size"), [(ask_list, OF_LIST.size), (ask_answer, OF_ANSWER.size), (ask_timestamp, OF_ANSWER.size)]
)
def test_more_bytes_than_an_authority_would_send_are_not_taken(ask: Callable[[str], bytes], size: int) -> None:
    with answering(OK, b"\r\n", *[PART] * (size // len(PART))) as url:
        assert len(ask(url)) <= size
    with answering(OK, b"\r\n", *[PART] * (size // len(PART) + 1)) as url, pytest.raises(AuthorityUnreachable):
        ask(url)


@KINDS
def test_what_is_compressed_is_not_unpacked(ask: Callable[[str], bytes]) -> None:
    packed = gzip.compress(bytes(OF_ANSWER.size + 1))
    with answering(OK, b"Content-Encoding: gzip\r\n\r\n", packed) as url, pytest.raises(AuthorityUnreachable):
        ask(url)


@pytest.mark.parametrize("begun", [[], [b"HTTP/1.1 2"], [OK, b"\r\n"], [OK, b"\r\n", b"x"]], ids=len)
def test_an_authority_that_has_not_ended_in_time_is_given_up(begun: list[bytes]) -> None:
    hurried = Bounds(64_000, 0.1)
    with answering(*begun, stalls=True) as url, pytest.raises(AuthorityUnreachable, match=r"not within 0\.1 seconds"):
        HttpAuthorities(url, of_list=hurried, of_answer=hurried).timestamp(b"request")


def test_an_address_where_nobody_listens_is_as_good_as_silent() -> None:
    with pytest.raises(AuthorityUnreachable):
        HttpAuthorities("http://127.0.0.1:9/").timestamp(b"request")
