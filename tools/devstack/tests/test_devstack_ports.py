"""A port that is taken is seen as taken."""

import socket
from collections.abc import Iterator

import pytest

from devstack.errors import PortTakenError
from devstack.ports import free_port, is_free, prefer, require_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_free_port_can_be_listened_on() -> None:
    port = free_port()
    assert require_free(port) == port
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))


def test_a_taken_port_is_refused_with_what_to_do(taken: int) -> None:
    assert not is_free(taken)
    with pytest.raises(PortTakenError, match=f"Port {taken} .* in use.* choose another port"):
        require_free(taken)


def test_a_preferred_port_is_replaced_only_where_it_is_taken(taken: int) -> None:
    free = free_port()
    assert prefer(free) == free
    assert is_free(prefer(taken))
