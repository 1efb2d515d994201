"""What people at a terminal meet: bars, silence where it is wished, completion, exit statuses."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from release_cli_checkout import DEADLINE, GATEWAY, Checkout, command, environment, release
from release_cli_sentry import LocalSentry


def watched(checkout: Checkout, server: LocalSentry, *arguments: str) -> str:
    """Run the program with a terminal to say things to; what that showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*arguments),
        cwd=checkout.folder,
        env=environment(checkout, server.url, server.token) | {"TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65_536):
            shown += part
    except OSError:
        pass  # how a terminal says that nobody writes to it any more
    finally:
        os.close(ours)
        process.wait(DEADLINE)
    assert process.returncode == 0, shown
    return shown.decode()


def test_bars_show_how_far_each_app_is(checkout: Checkout, server: LocalSentry) -> None:
    checkout.commit("feat: it", {"apps/gateway/src/gateway/app.py": "a = 1\n"}, [GATEWAY])
    checkout.package(GATEWAY, checkout.release_name(GATEWAY, "0.1.0"))
    arguments = ("run", GATEWAY, *checkout.inputs())
    shown = watched(checkout, server, *arguments)
    assert "━" in shown
    assert "gateway" in shown
    assert "5/5" in shown
    assert "tag done" in shown
    for word in ("--quiet", "--json"):
        assert watched(checkout, server, *arguments, word) == ""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("release ru", "run"), ("release run --aff", "--affected"), ("release sync --pr", "--prune")],
)
def test_the_shell_completes_words(checkout: Checkout, typed: str, offered: str) -> None:
    asked = {
        "_RELEASE_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    done = release(checkout, **asked)
    assert offered in done.output.split(), (done.output, done.errors)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--help",), 0),
        (("run", "--help"), 0),
        (("run",), 2),
        (("rnu",), 2),
        (("plan", "--odd"), 2),
    ],
)
def test_exit_statuses_are_as_shells_expect(
    checkout: Checkout, arguments: tuple[str, ...], status: int
) -> None:
    done = release(checkout, *arguments)
    assert done.status == status, done.errors
    assert done.output or done.errors


def test_a_disk_that_is_full_is_no_success(checkout: Checkout) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            command("plan", "--json", *checkout.inputs()),
            cwd=checkout.folder, env=environment(checkout), stdout=full,
            stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False,
        )  # fmt: skip
    assert ran.returncode != 0
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("verb", ["plan", "run", "changelog", "status", "deploys", "sync"])
def test_every_error_is_json_where_that_is_wished(checkout: Checkout, verb: str) -> None:
    more = ["--affected"] if verb == "run" else []
    done = release(checkout, verb, *more, "--projects", "nowhere.json", "--json")
    assert done.status in (1, 2)
    assert done.json.keys() == {"error", "what", "advice"}
    assert done.json["what"] in done.errors
