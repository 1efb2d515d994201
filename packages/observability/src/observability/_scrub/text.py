"""Removes e-mail addresses, IP addresses, credentials and query strings from one text.

Every rule is linear in the text's length, and so are the few passes over all of them: runs are
taken possessively (``++``), and a rule either starts only where a run starts or consumes what it
has looked at. The placeholders pass through every rule unchanged.

What is deliberately kept: UUIDs and hexadecimal ids (jobs, traces, digests), timestamps, loopback
and unspecified addresses (they name no one), dotted quads that are plainly versions (``v1.2.3.4``,
``Chrome/120.0.0.0`` in a user agent, ``1.2.3.4.5``, ``1.2.3.4+abc``), ``package@1.2.3``,
``icon@2x.png`` and ``@scope/package``.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from observability._scrub.assignments import scrub_assignments, scrub_literals
from observability._scrub.placeholders import EMAIL, FILTERED, IP

_MAX_PASSES = 8

# What stands before a version in a user agent: "Chrome/".
_PRODUCT = re.compile(r"(?:\A|[\s\"'(])[A-Z][A-Za-z]{1,30}/\Z")

# Endings that make "name@word.ending" a file, none of them a top-level domain.
_FILE_ENDINGS = frozenset(
    {
        *("css", "gif", "html", "jpeg", "jpg", "js", "json", "jsx", "mjs", "mp4", "png"),
        *("safetensors", "svg", "toml", "ts", "tsx", "txt", "wav", "webm", "webp", "whl", "yaml"),
    }
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One kind of private text; one of the hints must occur in a text for the rule to be tried."""

    hints: tuple[str, ...]
    scrub: Callable[[str], str]
    in_source: bool = True

    def concerns(self, text: str) -> bool:
        for hint in self.hints:  # noqa: SIM110 (any() would double the price of a short text)
            if hint in text:
                return True
        return False


PATTERNS: list[re.Pattern[str]] = []  # for the test that they are all linear


def _pattern(pattern: str, replace: str | Callable[[re.Match[str]], str]) -> Callable[[str], str]:
    compiled = re.compile(pattern)
    PATTERNS.append(compiled)
    return lambda text: compiled.sub(replace, text)


def _query(match: re.Match[str]) -> str:
    path, mark, query = match.groups()
    if "/" not in path or (mark == "#" and "=" not in query and "?" not in query):
        return match[0]
    return f"{path}{mark}{FILTERED}"


def _authorization(match: re.Match[str]) -> str:
    scheme, credential = match["scheme"], match["credential"]
    # "a basic workflow" is English; what Base64 makes of a password is not.
    english = credential.isalpha() and (credential.islower() or credential.istitle())
    if scheme.lower() == "basic" and english and len(credential) < 16:
        return match[0]
    return f"{scheme}{match['space']}{FILTERED}"


def _email(match: re.Match[str]) -> str:
    domain = match["domain"].rstrip(".-_")
    first, _, rest = domain.partition(".")
    ending = rest.rpartition(".")[2].lower()
    if len(ending) < 2 or not (ending.isalpha() or ending.startswith("xn--")):
        return match[0]
    if ending in _FILE_ENDINGS or re.fullmatch("[0-9]x", first):
        return match[0]
    return EMAIL + match["domain"][len(domain) :]


def _ipv4(match: re.Match[str]) -> str:
    address = match[0]
    before = match.string[max(0, match.start() - 33) : match.start()]
    if _PRODUCT.search(before) or any(int(part) > 255 for part in address.split(".")):
        return address
    return match[0] if address.startswith("127.") or address == "0.0.0.0" else IP  # noqa: S104


def _ipv6(match: re.Match[str]) -> str:
    run = match[0]
    core = run.rstrip(".")
    if core.endswith(":") and not core.endswith("::"):
        core = core[:-1]
    goes_on = core == run and match.string[match.end() : match.end() + 1].isalnum()
    if len(core) > 45 or core.count(":") < 2 or goes_on:
        return run
    try:
        address = ipaddress.IPv6Address(core)
    except ValueError:
        return run
    if address.is_loopback or address.is_unspecified:
        return run
    return IP + run[len(core) :]


_RULES: tuple[_Rule, ...] = (
    _Rule(
        ("PRIVATE KEY-----",),
        _pattern(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----END)[\s\S])*+"
            r"(?:-----END [A-Z ]{0,40}-----)?",
            FILTERED,
        ),
    ),
    _Rule(  # user:password@ in a URL; a DSN's key
        ("://",), _pattern(r"""(?<=://)(?:[^\s/?#"'<>@]*+@)++""", f"{FILTERED}@")
    ),
    _Rule(
        ("?", "#"),
        _pattern(r"""(?<![^\s"'<>])([^\s"'<>?#]*+)([?#])([^\s"'<>\\]++)""", _query),
        in_source=False,
    ),
    _Rule(("=", ":", "-"), scrub_assignments, in_source=False),
    _Rule(
        ("earer", "EARER", "asic", "ASIC"),
        _pattern(
            r"(?i)(?<![A-Za-z0-9])(?P<scheme>bearer|basic)(?P<space>[ \t]++)"
            r"(?P<credential>[A-Za-z0-9._~+/=-]++)",
            _authorization,
        ),
    ),
    _Rule(  # credentials with a shape of their own
        ("_", "-", "AKIA", "ASIA", "AIza"),
        _pattern(
            r"(?<![A-Za-z0-9])(?:sntry[su]_[\w=+/.-]{8,}+|gh[pousr]_\w{16,}+|github_pat_\w{16,}+"
            r"|glpat-[\w-]{16,}+|xox[abeoprs]-[\w-]{8,}+|sk-[\w-]{16,}+|hf_\w{16,}+|npm_\w{20,}+"
            r"|pypi-[\w-]{20,}+|comfyui-[0-9a-f]{32,}+|(?:AKIA|ASIA)[A-Z0-9]{16,}+|AIza[\w-]{30,}+)",
            FILTERED,
        ),
    ),
    _Rule(  # JSON web tokens
        ("eyJ",), _pattern(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]++(?:\.[\w-]*+)?", FILTERED)
    ),
    _Rule(
        ("@", "%40"),
        _pattern(r"(?<![\w.+-])[\w.+-]++(?:@|%40)(?P<domain>[\w.-]++)", _email),
    ),
    _Rule(
        (":",),
        _pattern(r"(?<![0-9A-Za-z_])[0-9A-Fa-f]{0,4}+:[0-9A-Fa-f:.]++", _ipv6),
        in_source=False,
    ),
    _Rule(
        (".",),
        _pattern(
            r"(?<![A-Za-z0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![A-Za-z0-9+]|\.[0-9])",
            _ipv4,
        ),
        in_source=False,
    ),
)
_SOURCE_RULES = (
    _Rule(("=", ":"), scrub_literals),
    *(rule for rule in _RULES if rule.in_source),
)


def scrub_text(text: str) -> str:
    """Return the text with everything private replaced by a placeholder."""
    if text.isalnum() and len(text) <= 32 and not text.startswith(("AKIA", "ASIA", "AIza")):
        return text  # an id, an operation, a status: most texts are
    return _scrub_short(text) if len(text) <= 128 else _apply(_RULES, text)


@lru_cache(maxsize=2048)
def _scrub_short(text: str) -> str:
    """Remember routes, queries and names, which every span repeats."""
    return _apply(_RULES, text)


def scrub_source(text: str) -> str:
    """Return a line of source code without e-mail addresses and literal credentials.

    Code such as ``token = read_token()`` is no secret and is what makes a stack trace readable, so
    the rules that go by names alone, query strings or numbers do not apply to it.
    """
    return _apply(_SOURCE_RULES, text)


def _apply(rules: Sequence[_Rule], text: str) -> str:
    # What was removed may have kept its neighbour from being seen; what is done is done for good.
    for _ in range(_MAX_PASSES):
        before = text
        for rule in rules:
            if rule.concerns(text):
                text = rule.scrub(text)
        if text == before:
            return text
    return FILTERED
