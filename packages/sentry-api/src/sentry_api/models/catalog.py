"""Organizations, teams, projects, their keys, and people."""

from datetime import datetime

from pydantic import Field, SecretStr

from sentry_api.models.base import Id, Json, Shape


class Links(Shape):
    """Where an organization lives."""

    organization_url: str = ""
    region_url: str = ""


class Organization(Shape):
    """An organization."""

    id: Id
    slug: str
    name: str = ""
    date_created: datetime | None = None
    links: Links = Links()
    features: tuple[str, ...] = ()


class TeamName(Shape):
    """A team as projects name it."""

    id: Id
    slug: str
    name: str = ""


class ProjectName(Shape):
    """A project as other things name it."""

    id: Id
    slug: str
    name: str = ""
    platform: str | None = None


class Team(TeamName):
    """A team; its projects where the endpoint lists them."""

    date_created: datetime | None = None
    member_count: int = 0
    projects: tuple[ProjectName, ...] = ()


class Project(ProjectName):
    """A project."""

    date_created: datetime | None = None
    first_event: datetime | None = None
    teams: tuple[TeamName, ...] = ()
    environments: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    options: dict[str, Json] = Field(default_factory=dict, repr=False)


class Dsn(Shape):
    """The addresses of a key. The public one goes into programs, and into no log."""

    public: SecretStr
    secret: SecretStr | None = None


class RateLimit(Shape):
    """At most ``count`` events in ``window`` seconds."""

    window: int
    count: int


class ProjectKey(Shape):
    """A key by which programs send to a project; its id is the public part of the DSN."""

    id: Id = Field(repr=False)
    name: str = ""
    public: str = Field("", repr=False)
    is_active: bool = True
    dsn: Dsn
    rate_limit: RateLimit | None = None
    date_created: datetime | None = None


class Person(Shape):
    """Somebody, or a token's owner."""

    id: Id | None = None
    name: str | None = None
    username: str | None = None
    email: str | None = None


class Member(Shape):
    """A person in an organization."""

    id: Id
    email: str | None = None
    name: str | None = None
    user: Person | None = None
    role: str | None = Field(None, alias="orgRole")


class Environment(Shape):
    """An environment that events came from."""

    id: Id
    name: str
