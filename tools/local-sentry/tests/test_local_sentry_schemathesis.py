"""schemathesis asks everything that the API's description of itself allows: no 5xx, ever."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from local_sentry.routes import api
from local_sentry.routes.api.description import describe
from local_sentry_process import LocalSentry, local_sentry
from local_sentry_story import tell

SCHEMA = schemathesis.openapi.from_dict(describe(api.routes))
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations()]  # type: ignore[union-attr]
# Of the same questions each time: what fails here fails for everybody.
FEW = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("schemathesis")) as running:
        tell(running)
        yield running


def test_the_description_has_every_address(server: LocalSentry) -> None:
    served = server.get("/api/0/openapi.json")
    assert len(OPERATIONS) > 150
    assert set(served["paths"]) == {operation.path for operation in OPERATIONS}
    made = served["paths"]["/api/0/organizations/{organization}/monitors/"]["post"]
    assert made["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "NewMonitor"
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.method} {o.path}")
def test_nothing_that_the_description_allows_is_a_defect(
    server: LocalSentry, operation: Any
) -> None:
    known = {"organization": "kijko", "project": "kijko-api"}

    @FEW
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        # Else nearly every question would end at an organization nobody has.
        case.path_parameters = dict(case.path_parameters or {}) | {
            name: value for name, value in known.items() if name in (case.path_parameters or {})
        }
        answer = case.call(base_url=server.url)
        assert answer.status_code < 500, (operation.label, case.as_curl_command(), answer.text)

    ask()
