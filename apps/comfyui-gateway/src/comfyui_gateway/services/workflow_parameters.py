"""What a workflow may be asked for: a small JSON-Schema-like language, checked by pydantic."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, create_model

from comfyui_gateway.problems import FieldProblem

_STRICT = ConfigDict(extra="forbid", frozen=True)
_HEX_COLOUR = r"^#[0-9a-fA-F]{6}$"


class _Described(BaseModel):
    model_config = _STRICT

    title: str = ""
    description: str = ""


class IntegerParameter(_Described):
    """A whole number."""

    type: Literal["integer"]
    default: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    multiple_of: int | None = Field(default=None, alias="multipleOf", gt=0)


class NumberParameter(_Described):
    """A number."""

    type: Literal["number"]
    default: float | None = None
    minimum: float | None = None
    maximum: float | None = None


class BooleanParameter(_Described):
    """Yes or no."""

    type: Literal["boolean"]
    default: bool | None = None


class StringParameter(_Described):
    """A text; `format: colour` means `#rrggbb`, which a node receives as a number."""

    type: Literal["string"]
    default: str | None = None
    enum: tuple[str, ...] | None = Field(default=None, min_length=1)
    format: Literal["colour"] | None = None
    min_length: int = Field(default=0, alias="minLength", ge=0)
    max_length: int = Field(default=10_000, alias="maxLength", ge=1)


Parameter = Annotated[
    IntegerParameter | NumberParameter | BooleanParameter | StringParameter,
    Field(discriminator="type"),
]


class ParametersRefused(ValueError):
    """Values do not fit; `errors` says which."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("; ".join(f"{error.where}: {error.detail}" for error in errors))
        self.errors = errors


class ParameterSet:
    """The parameters of one workflow, ready to judge values quickly."""

    def __init__(self, workflow_id: str, parameters: dict[str, Parameter]) -> None:
        """Raises ParametersRefused when a default breaks the parameter's own rules."""
        self._parameters = parameters
        fields = {name: _field(parameter) for name, parameter in parameters.items()}
        self._model = create_model(  # type: ignore[call-overload]
            f"Parameters of {workflow_id}",
            __config__=ConfigDict(extra="forbid", strict=True, validate_default=True),
            **fields,
        )
        defaults = {n: p.default for n, p in parameters.items() if p.default is not None}
        for name, value in defaults.items():
            self._check_alone(name, value)

    def accept(self, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The values to use, defaults filled in.

        Raises:
            ParametersRefused: with every value that does not fit.
        """
        try:
            accepted = self._model.model_validate(given)
        except ValidationError as invalid:
            raise ParametersRefused(_field_problems(invalid)) from None
        values: dict[str, JsonValue] = accepted.model_dump()
        return values

    def json_schema(self) -> dict[str, JsonValue]:
        """JSON Schema of the parameters, for clients that build forms."""
        schema: dict[str, JsonValue] = self._model.model_json_schema()
        return schema

    def node_value(self, name: str, value: JsonValue) -> JsonValue:
        """A parameter's value as a node takes it."""
        parameter = self._parameters[name]
        if isinstance(parameter, StringParameter) and parameter.format == "colour":
            return int(str(value)[1:], 16)
        return value

    def _check_alone(self, name: str, value: JsonValue) -> None:
        try:
            self._model.__pydantic_validator__.validate_assignment(
                self._model.model_construct(), name, value
            )
        except ValidationError as invalid:
            raise ParametersRefused(_field_problems(invalid)) from None


def _field(parameter: Parameter) -> tuple[object, object]:
    """A parameter as pydantic's `create_model` takes a field: its type, and its default."""
    kind, rules = _kind_and_rules(parameter)
    shown = Field(title=parameter.title or None, description=parameter.description or None)
    default = ... if parameter.default is None else parameter.default
    return Annotated[kind, rules, shown], default


def _kind_and_rules(parameter: Parameter) -> tuple[object, object]:
    match parameter:
        case IntegerParameter(minimum=least, maximum=most, multiple_of=step):
            return int, Field(ge=least, le=most, multiple_of=step)
        case NumberParameter(minimum=least, maximum=most):
            return float, Field(ge=least, le=most, allow_inf_nan=False)
        case BooleanParameter():
            return bool, Field()
        case StringParameter(enum=tuple() as choices):
            return Literal[choices], Field()
        case StringParameter(format="colour"):
            return str, Field(pattern=_HEX_COLOUR, json_schema_extra={"format": "color"})
        case StringParameter(min_length=least, max_length=most):
            return str, Field(min_length=least, max_length=most)


def _field_problems(invalid: ValidationError) -> list[FieldProblem]:
    problems = []
    for error in invalid.errors(include_url=False, include_context=False):
        name = ".".join(str(part) for part in error["loc"]) or "parameters"
        problems.append(
            FieldProblem(where=f"parameters.{name}", detail=_detail(error["type"], error["msg"]))
        )
    return problems


def _detail(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "The workflow has no parameter of this name."
    if kind == "missing":
        return "This parameter has no default and must be given."
    if kind == "string_pattern_mismatch":
        return "Give a colour as #rrggbb."
    return re.sub(r"^Input should be", "Must be", message).rstrip(".") + "."
