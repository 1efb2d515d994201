"""What a server that misbehaves does to a client: a typed error with two sentences, or nothing."""

import asyncio
import gzip
import json
import logging
import re
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import unquote

import pytest

from sentry_api import (
    AnsweredWithError,
    BadConfiguration,
    Conflict,
    InvalidRequest,
    NoConnection,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RateLimited,
    RedirectRefused,
    SentryApiError,
    SentryClient,
    ServerFailed,
    TookTooLong,
    UnexpectedAnswer,
)
from sentry_api_misbehaving import (
    TOKEN,
    Misbehaving,
    Reply,
    answer,
    dribble,
    misbehaving,
    raw,
    silence,
)

ORGANIZATION = answer(200, b'{"id": "1", "slug": "kijko", "links": {"regionUrl": ""}}')
NOTHING = answer(200, b"[]")


async def search(server: Misbehaving, **settings: object) -> list[str]:
    """A call that may be repeated, of an organization."""
    async with SentryClient(server.settings(**settings)) as sentry:
        return [issue.id async for issue in sentry.issues.search()]


async def comment(server: Misbehaving, **settings: object) -> str:
    """A call that may not be repeated."""
    async with SentryClient(server.settings(**settings)) as sentry:
        return (await sentry.issues.comment("7", "seen")).text


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (400, b'{"detail": "bad query"}', InvalidRequest, "bad query"),
        (400, b'{"slug": ["Taken.", "Too long."]}', InvalidRequest, "slug: Taken. Too long"),
        (401, b'{"detail": "Invalid token"}', NotAuthenticated, "SENTRY_AUTH_TOKEN"),
        (403, b'{"detail": "no"}', NotAllowed, "event:read"),
        (403, b'{"detail": "needs event:admin or org:read"}', NotAllowed, "event:admin or org:r"),
        (404, b'{"detail": {"message": "gone"}}', NotFound, "gone"),
        (409, b'{"detail": "there"}', Conflict, "there"),
        (413, b"<html>too large</html>", InvalidRequest, "413"),
        (418, b"\xff\xfe", AnsweredWithError, "418"),
        (501, b"", ServerFailed, "501"),
    ],
)
async def test_each_refusal_has_its_type_and_two_sentences(
    status: int, body: bytes, error: type[AnsweredWithError], said: str
) -> None:
    async with misbehaving(ORGANIZATION, answer(status, body)) as server:
        with pytest.raises(error) as caught:
            await search(server)
    assert said in str(caught.value)
    assert caught.value.status == status
    assert re.fullmatch(r".+\. .+\.", str(caught.value), re.DOTALL)
    assert len(server.asked) == 2  # asked once: another try would get the same


async def test_a_403_names_the_scopes_that_would_do() -> None:
    async with misbehaving(ORGANIZATION, answer(403, b"{}")) as server:
        with pytest.raises(NotAllowed) as caught:
            await comment(server)
    assert caught.value.scopes == ("event:write",)


@pytest.mark.parametrize(
    "trouble",
    [
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[]"),
        raw(b"this is no HTTP\r\n\r\n"),
        answer(500, b"{}"),
        answer(502, b"<html>"),
        answer(503, b"{}", retry_after="0"),
        answer(429, b"{}", retry_after="0"),
    ],
    ids=["closed", "cut off", "no HTTP", "500", "502", "503", "429"],
)
async def test_what_may_be_repeated_is_until_it_works(trouble: Reply) -> None:
    async with misbehaving(ORGANIZATION, trouble, trouble, NOTHING) as server:
        assert await search(server) == []
        assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (raw(b""), NoConnection),
        (answer(503, b"{}"), ServerFailed),
        (answer(429, b"{}", retry_after="0"), RateLimited),
    ],
)
async def test_what_may_not_be_repeated_is_sent_once(
    trouble: Reply, error: type[SentryApiError]
) -> None:
    async with misbehaving(ORGANIZATION, trouble) as server:
        with pytest.raises(error):
            await comment(server)
        assert [asked.method for asked in server.asked] == ["GET", "POST"]


async def test_a_change_whose_answer_is_lost_is_not_sent_again() -> None:
    """HTTP calls PUT idempotent, and libraries repeat it; merging issues twice is not once."""
    async with misbehaving(ORGANIZATION, raw(b"")) as server:
        async with SentryClient(server.settings()) as sentry:
            with pytest.raises(NoConnection):
                await sentry.issues.merge(["1", "2"])
        assert [asked.method for asked in server.asked] == ["GET", "PUT"]


async def test_what_a_lost_answer_had_removed_is_removed() -> None:
    gone = answer(404, b"{}")
    async with misbehaving(ORGANIZATION, raw(b""), gone) as server:
        async with SentryClient(server.settings()) as sentry:
            await sentry.alerts.delete_rule("kijko-api", "7")
        assert len(server.asked) == 3
    async with misbehaving(ORGANIZATION, gone) as server, SentryClient(server.settings()) as sentry:
        with pytest.raises(NotFound):
            await sentry.alerts.delete_rule("kijko-api", "7")


async def test_tries_come_to_an_end() -> None:
    async with misbehaving(ORGANIZATION, answer(500, b"{}")) as server:
        with pytest.raises(ServerFailed):
            await search(server)
        assert len(server.asked) == 1 + 3


@pytest.mark.parametrize("form", ["seconds", "date", "reset"])
async def test_a_longer_wait_than_our_patience_is_told_not_waited(form: str) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    headers = {
        "seconds": {"retry_after": "3600"},
        "date": {"retry_after": format_datetime(later, usegmt=True)},
        "reset": {"x_sentry_rate_limit_reset": str(int(later.timestamp()))},
    }[form]
    async with misbehaving(ORGANIZATION, answer(429, b"{}", **headers)) as server:
        with pytest.raises(RateLimited) as caught:
            await search(server)
        assert len(server.asked) == 2
    assert 3000 < caught.value.retry_after <= 3600
    assert "Try again in" in caught.value.advice


async def test_the_wait_that_the_server_wants_is_kept() -> None:
    limited = answer(429, b"{}", retry_after="1")
    async with misbehaving(ORGANIZATION, limited, NOTHING) as server:
        begun = time.monotonic()
        await search(server)
        assert time.monotonic() - begun >= 1  # at least: how long it takes beyond is not ours


async def test_an_address_without_allowance_is_not_asked_before_its_window_ends() -> None:
    reset = int(time.time()) + 2
    spent = answer(
        200, b"[]", x_sentry_rate_limit_remaining="0", x_sentry_rate_limit_reset=str(reset)
    )
    async with misbehaving(ORGANIZATION, spent, NOTHING) as server:
        async with SentryClient(server.settings()) as sentry:
            for _ in range(2):
                _ = [issue async for issue in sentry.issues.search()]
        assert time.time() >= reset
        assert len(server.asked) == 3


@pytest.mark.parametrize(
    "nonsense",
    [
        answer(200, b"{not json"),
        answer(200, b'{"an": "object"}'),
        answer(200, b'[{"id": ["wrong type"]}]'),
        answer(200, b"null"),
        answer(200, b""),
        answer(200, b"\xff\xfe\x00"),
        answer(200, b"[" * 200_000),
        answer(200, b"no gzip", content_encoding="gzip"),
    ],
)
async def test_an_answer_of_another_shape_is_an_error_once(nonsense: Reply) -> None:
    async with misbehaving(ORGANIZATION, nonsense) as server:
        with pytest.raises(UnexpectedAnswer):
            await search(server)
        assert len(server.asked) == 2


async def test_an_endless_answer_is_given_up_by_its_size() -> None:
    async with misbehaving(ORGANIZATION, dribble(b" " * 4096)) as server:
        with pytest.raises(UnexpectedAnswer, match="larger than 65536 bytes"):
            await search(server, api_largest_answer=65536)


async def test_a_bomb_is_given_up_by_its_unpacked_size() -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    async with misbehaving(ORGANIZATION, answer(200, bomb, content_encoding="gzip")) as server:
        with pytest.raises(UnexpectedAnswer, match="larger than"):
            await search(server, api_largest_answer=65536)


@pytest.mark.parametrize("slow", [silence, dribble(b" ")], ids=["silent", "dribbling"])
async def test_a_slow_server_is_given_up_in_time(slow: Reply) -> None:
    async with misbehaving(ORGANIZATION, slow) as server:
        with pytest.raises(TookTooLong, match="SENTRY_API_TIMEOUT"):
            await search(server, api_timeout=1.0, api_tries=1)


async def test_nobody_listening_is_no_connection() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets the port either
        server = Misbehaving(f"http://127.0.0.1:{taken.getsockname()[1]}", [])
        with pytest.raises(NoConnection, match="SENTRY_URL"):
            await search(server)


async def test_the_token_does_not_follow_a_redirect_to_another_host() -> None:
    async with misbehaving(NOTHING) as trap:
        lure = answer(302, b"", location=f"{trap.url}/api/0/organizations/kijko/issues/")
        async with misbehaving(ORGANIZATION, lure) as server:
            with pytest.raises(RedirectRefused, match="must not see the token"):
                await search(server)
        assert trap.asked == []


async def test_a_redirect_on_the_same_server_is_followed_for_reads_only() -> None:
    aside = answer(301, b"", location="/api/0/aside/")
    async with misbehaving(ORGANIZATION, aside, NOTHING) as server:
        assert await search(server) == []
        assert server.asked[-1].target == "/api/0/aside/"
    async with misbehaving(ORGANIZATION, aside) as server:
        with pytest.raises(RedirectRefused):
            await comment(server)
        assert len(server.asked) == 2


@pytest.mark.parametrize("location", ["http://[", "", "//", "ftp://127.0.0.1/", "http://:0/"])
async def test_a_redirect_to_nowhere_is_refused(location: str) -> None:
    async with misbehaving(ORGANIZATION, answer(302, b"", location=location)) as server:
        with pytest.raises(RedirectRefused):
            await search(server)


async def test_redirects_without_end_come_to_one() -> None:
    circle = answer(302, b"", location="/api/0/round/")
    async with misbehaving(ORGANIZATION, circle) as server:
        with pytest.raises(RedirectRefused, match="without end"):
            await search(server)


async def test_a_region_of_another_server_does_not_get_the_token() -> None:
    async with misbehaving(NOTHING) as trap:
        links = json.dumps({"id": "1", "slug": "kijko", "links": {"regionUrl": trap.url}})
        async with misbehaving(answer(200, links.encode())) as server:
            with pytest.raises(RedirectRefused, match="another server"):
                await search(server)
        assert trap.asked == []


async def test_pages_that_lead_in_a_circle_come_to_an_end() -> None:
    link = '<http://other.example/?cursor=0:1:0>; rel="next"; results="true"; cursor="0:1:0"'
    page = answer(200, b'[{"id": "1"}]', link=link)
    async with misbehaving(ORGANIZATION, page) as server:
        with pytest.raises(UnexpectedAnswer, match="circle"):
            await search(server)
        assert len(server.asked) == 3


async def test_pages_are_asked_for_as_they_are_needed() -> None:
    def page(number: int, *, more: str) -> Reply:
        link = f'<x>; rel="next"; results="{more}"; cursor="0:{number}:0"'
        return answer(200, f'[{{"id": {number}}}]'.encode(), link=link)

    pages = [page(1, more="true"), page(2, more="true"), page(3, more="false")]
    async with misbehaving(ORGANIZATION, *pages) as server:
        assert await search(server) == ["1", "2", "3"]
        assert "cursor=0:2:0" in unquote(server.asked[-1].target)
    async with misbehaving(ORGANIZATION, *pages) as server:
        async with SentryClient(server.settings()) as sentry:
            assert [i.id async for i in sentry.issues.search(limit=1)] == ["1"]
        assert len(server.asked) == 2


async def test_a_download_that_breaks_off_is_an_error() -> None:
    cut = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
    async with (
        misbehaving(ORGANIZATION, cut) as server,
        SentryClient(server.settings()) as sentry,
        sentry.events.download("kijko-api", "e", "1") as download,
    ):
        assert download.size == 100
        with pytest.raises(NoConnection):
            async for _ in download.chunks:
                pass


async def test_a_callers_own_timeout_stays_the_callers() -> None:
    async with (
        misbehaving(ORGANIZATION, answer(200, b"x")) as server,
        SentryClient(server.settings()) as sentry,
    ):
        with pytest.raises(TimeoutError):
            async with sentry.events.download("kijko-api", "e", "1"):
                raise TimeoutError
        server.replies[-1] = silence
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await sentry.issues.get("1")


async def test_the_token_stands_in_no_repr_message_or_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with misbehaving(ORGANIZATION, answer(401, b"{}")) as server:
        settings = server.settings()
        async with SentryClient(settings) as sentry:
            with pytest.raises(NotAuthenticated) as caught:
                await sentry.issues.get("1")
            said = [
                repr(thing)
                for thing in (sentry, sentry.issues, sentry._transport, settings, caught.value)
            ]
        assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    error: BaseException | None = caught.value
    while error is not None:
        said += [str(error), repr(error.__dict__)]
        error = error.__cause__ or error.__context__
    assert TOKEN not in "".join(said) + str(settings) + caplog.text


@pytest.mark.parametrize("name", ["", ".", "..", " "])
async def test_a_name_that_is_a_path_is_not_sent(name: str) -> None:
    async with misbehaving(ORGANIZATION, NOTHING) as server:
        async with SentryClient(server.settings()) as sentry:
            with pytest.raises(BadConfiguration):
                await sentry.issues.get(name)
        assert len(server.asked) <= 1


async def test_a_name_stays_one_part_of_the_address() -> None:
    async with misbehaving(ORGANIZATION, answer(200, b'{"version": "x"}')) as server:
        async with SentryClient(server.settings()) as sentry:
            await sentry.releases.get("../a/b?c#d e@1.0+f")
        assert server.asked[-1].target == (
            "/api/0/organizations/kijko/releases/..%2Fa%2Fb%3Fc%23d%20e@1.0+f/"
        )
