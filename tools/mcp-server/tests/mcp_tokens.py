"""Counts tokens as a public tokenizer does, without a network."""

import functools
import json
import warnings
from collections.abc import Iterator
from typing import Any

ENCODING = "o200k_base"


@functools.cache
def _encoding() -> Any:
    with warnings.catch_warnings():
        # It reads its vocabulary in a way that Python 3.11 calls old.
        warnings.simplefilter("ignore", DeprecationWarning)
        import bpe_openai  # type: ignore[import-untyped]

        return bpe_openai.get_encoding(ENCODING)


def tokens(text: str) -> int:
    """How many tokens a text is."""
    return len(_encoding().encode_ordinary(text))


def vocabulary() -> Iterator[tuple[int, str]]:
    """The tokens that are text by themselves, the commonest first, with their ranks."""
    for rank in range(_encoding().n_vocab):
        try:
            yield rank, _encoding().decode_single_token_bytes(rank).decode()
        except (KeyError, ValueError):
            continue  # a part of a character, or a number that is no token


def compact(value: Any) -> str:
    """JSON as it travels."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
