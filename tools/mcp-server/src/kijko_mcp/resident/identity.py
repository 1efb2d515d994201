"""Who may share a resident: all that decides how it behaves, as one name.

The environment of a resident is exactly what its name was made from. So sessions that meet in one
differ in nothing but what each hands over: its folder, its options and its pipes.

This is imported by every start of the program: the standard library only, and little of that.
"""
# Importing pathlib would take as long as all the rest.
# ruff: noqa: PTH112, PTH120, PTH208

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec

_OURS = ("kijko_mcp", "observability", "sentry_api")
# What this program, its libraries, git and Pants read. All else an editor sets stays with it.
_PREFIXES = (
    *("GIT_", "KIJKO_", "LC_", "LD_", "MCP_", "OTEL_", "PANTS_", "PEX", "PIP_", "PYENV_"),
    *("PYTHON", "SENTRY_", "SSL_", "UV_", "__PEX_"),
)
_NAMES = frozenset(
    {
        *("CURL_CA_BUNDLE", "HOME", "LANG", "LANGUAGE", "LOGNAME", "NODE_EXTRA_CA_CERTS"),
        *("PATH", "REQUESTS_CA_BUNDLE", "SHELL", "TMPDIR", "TZ", "USER", "XDG_CACHE_HOME"),
        *("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"),
    }
)
_HANDED_OVER = "MCP_WORKSPACE"  # each session has its own


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a resident gets."""
    return {
        name: value
        for name, value in given.items()
        if name != _HANDED_OVER
        and (name in _NAMES or name.startswith(_PREFIXES) or name.upper().endswith("_PROXY"))
    }


def roots() -> list[str]:
    """The folders that our packages are imported from; their code is not run for that."""
    found = [spec.origin for name in _OURS if (spec := find_spec(name)) and spec.origin]
    return list(dict.fromkeys(os.path.dirname(os.path.dirname(each)) for each in found))


def python_options() -> list[str]:
    """The options of this Python that decide what is imported."""
    flags = sys.flags
    options = {"-E": flags.ignore_environment, "-I": flags.isolated, "-s": flags.no_user_site}
    return [option for option, on in options.items() if on]


def program(where: Sequence[str]) -> str:
    """A digest of the code that would run: of this Python, our files, and what is installed."""
    said: list[str] = [sys.version, sys.executable, sys.prefix, *python_options()]
    said += [state for root in where for name in _OURS for state in _files(f"{root}/{name}")]
    said += [
        name
        for folder in sys.path
        if folder.endswith(("site-packages", "dist-packages")) and os.path.isdir(folder)
        for name in sorted(os.listdir(folder))
        if name.endswith(".dist-info")
    ]
    return _digest(said)


def name(shared: Mapping[str, str], code: str) -> str:
    """The name of the resident with this environment and this code.

    It is a digest over all of them, so that it tells nothing of any, a token included.
    """
    return _digest([code, *(f"{each}={shared[each]}" for each in sorted(shared))])[:32]


def _files(folder: str) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for each in entries:
        if each.name.endswith((".py", ".json")):
            state = each.stat()
            yield f"{each.path} {state.st_mtime_ns} {state.st_size}"
        elif "." not in each.name and each.name != "__pycache__" and each.is_dir():
            yield from _files(each.path)


def _digest(said: Sequence[str]) -> str:
    return hashlib.sha256(repr(said).encode(errors="surrogateescape")).hexdigest()
