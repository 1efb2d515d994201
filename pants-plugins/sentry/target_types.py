"""The `sentry_project` target, and what `project` says where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from pants.engine.addresses import Address
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    DictStringToStringField,
    OptionalSingleSourceField,
    SequenceField,
    SpecialCasedDependencies,
    StringField,
    StringSequenceField,
    Target,
)

from sentry.alerts import AlertRule


class SlugField(StringField):
    """The project in Sentry."""

    alias = "project"
    required = True
    value: str
    help = "The project's slug in Sentry, which the names of its releases begin with."


class PlatformField(StringField):
    """The platform in Sentry."""

    alias = "platform"
    required = True
    value: str
    help = "The platform, in Sentry's words, for example `python-fastapi`."


class ArtifactField(SpecialCasedDependencies):
    """What is stamped, uploaded and deployed.

    The artifact depends on the target, by its stamp; the target depends on the artifact only as far
    as `--changed-dependents` is concerned.
    """

    alias = "artifact"
    help = "Address of what is deployed, for example `:gateway`. A library has none."

    @classmethod
    def compute_value(
        cls, raw_value: str | Iterable[str] | None, address: Address
    ) -> tuple[str, ...] | None:
        """Read one address, as a person writes it."""
        if isinstance(raw_value, str):
            raw_value = (raw_value,)
        return super().compute_value(raw_value, address)


class SentryOwnersField(StringSequenceField):
    """Who is asked about its errors."""

    alias = "owners"
    help = "Teams (`#kijko`) or people (`ada@example.org`) who are asked about its errors."


class OwnershipRulesField(StringSequenceField):
    """Ownership rules, where they do not follow from the owners."""

    alias = "ownership_rules"
    help = "Ownership rules as Sentry writes them, instead of those that follow from `owners`."


class AlertRulesField(SequenceField[AlertRule]):
    """When Sentry speaks up."""

    alias = "alert_rules"
    expected_element_type: ClassVar[type] = AlertRule
    expected_type_description = "a list of alert_rule(...)"
    help = "When Sentry speaks up about the project: a list of `alert_rule(...)`."

    @classmethod
    def compute_value(
        cls, raw_value: Iterable[AlertRule] | None, address: Address
    ) -> tuple[AlertRule, ...] | None:
        """Read the rules."""
        return super().compute_value(raw_value, address)


class IgnoreRulesField(StringSequenceField):
    """What Sentry drops."""

    alias = "ignore_rules"
    help = "Errors that Sentry drops: globs of their messages, for example `*: client gone*`."


class CodeMappingsField(DictStringToStringField):
    """Where the files of a stack trace lie."""

    alias = "code_mappings"
    help = "From the beginning of a path in a stack trace to the folder it means in the repository."


class StampSourceField(OptionalSingleSourceField):
    """Nothing in the workspace: what the release's stamp is generated from."""

    alias = "_stamp"
    help = "The release's stamp, generated when the artifact is packaged."


class SentryProjectTarget(Target):
    """A project's place in Sentry."""

    alias = "sentry_project"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        SlugField,
        PlatformField,
        ArtifactField,
        SentryOwnersField,
        OwnershipRulesField,
        AlertRulesField,
        IgnoreRulesField,
        CodeMappingsField,
        StampSourceField,
    )
    help = "How a project is mapped to Sentry: its releases, its sources, its alerts."


class NotInSentryField(StringField):
    """Why a project that deploys something is not in Sentry."""

    alias = "not_in_sentry"
    help = "Why the project has no place in Sentry though it has an artifact, in a sentence."
