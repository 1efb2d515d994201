"""Every claim about the stack holds on the real parts: the smoke test of the whole repository."""

import json

from devstack.checks import TRACED_OPERATIONS
from devstack_stack import devstack


def test_every_claim_holds() -> None:
    ended = devstack("--check", "--json")
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    checks = [line for line in said if line["event"] == "check"]
    assert [check for check in checks if not check["holds"]] == []
    assert said[-1] == {"event": "verdict", "ok": True, "checks": len(checks), "failed": 0}
    assert ended.returncode == 0
    assert len(checks) == 9
    (traced,) = [check for check in checks if check["claim"].startswith("one trace")]
    assert all(operation in traced["evidence"] for operation in TRACED_OPERATIONS)
