"""What all of Sentry's shapes have in common: names, ids, and patience with what is new."""

from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

_T = TypeVar("_T")


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id: TypeAlias = Annotated[str, BeforeValidator(_as_text)]
"""An id; Sentry writes some as numbers and some as text."""


def _or_zero(value: object) -> object:
    return 0 if value is None else value


Count: TypeAlias = Annotated[int, BeforeValidator(_or_zero)]
"""A number of things; Sentry has null where it never counted them."""

Json: TypeAlias = Any
"""JSON whose shape differs from case to case."""


class Shape(BaseModel):
    """An object of an answer: camelCase on the wire, fields we do not know are passed over.

    Only what identifies a thing must be there; self-hosted and older servers leave out the rest.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        defer_build=True,  # a program meets few of the shapes
    )


class SnakeShape(BaseModel):
    """The same for the endpoints that write snake_case: replays and traces."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore", frozen=True, defer_build=True)


def reader(kind: type[_T]) -> TypeAdapter[_T]:
    """Reads answers that are no single object, such as lists; set up when the first one comes."""
    return TypeAdapter(kind, config=ConfigDict(defer_build=True))
