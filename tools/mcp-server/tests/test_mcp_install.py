"""Entries in editors' settings: shown first, and nothing that stood there is lost."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mcp_program
from kijko_mcp.install import files
from kijko_mcp.install.clients import ClientName, entry_for
from kijko_mcp.install.jsonc import UnreadableSettings, parsed, with_member

ENTRY = {"command": "/opt/mcp-server", "args": ["serve"], "env": {"SENTRY_ORG": "kijko"}}
SECRET = "sntryu_" + "7" * 64

WRITTEN_BY_HAND = """\
// Zed settings
{
\t"theme": "One Dark", // dark
\t"url": "http://example.org/a,]", /* no comment: // */
\t"context_servers": {
\t\t// mine
\t\t"other": { "command": "x", "args": ["//", "/*"] }, // keep
\t},
}
// the end
"""


def test_comments_last_commas_and_other_entries_stay() -> None:
    changed = with_member(WRITTEN_BY_HAND, ("context_servers", "kijko"), ENTRY)
    there = parsed(changed)
    assert there["context_servers"]["kijko"] == ENTRY
    assert there["context_servers"]["other"] == {"command": "x", "args": ["//", "/*"]}
    lines = changed.splitlines()
    assert [line for line in WRITTEN_BY_HAND.splitlines() if line not in lines] == []
    assert '\t\t"kijko": {' in lines


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n",
        "// nothing yet\n",
        "{}",
        "{ /* empty */ }",
        '{"mcpServers": {}}',
        '{"mcpServers": {"kijko": {"command": "old"}, "b": {"command": "c"}}}',
        '{"mcpServers": {"kijko": 1, "kijko": {"command": "old"}}}',
        '{\r\n    "a": [1, 2,],\r\n}\r\n',
        '\ufeff{"a": "\\"// no comment"}',
        '{"a": {"mcpServers": {"kijko": 1}}, "b": 2 // last\n}',
    ],
)
def test_an_entry_is_set_in_any_settings(before: str) -> None:
    changed = with_member(before, ("mcpServers", "kijko"), ENTRY)
    wanted = parsed(before) or {}
    servers = {**wanted.get("mcpServers", {}), "kijko": ENTRY}
    assert parsed(changed) == {**wanted, "mcpServers": servers}
    assert with_member(changed, ("mcpServers", "kijko"), ENTRY) == changed


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
            max_leaves=6,
        ),
        max_size=5,
    ),
    st.sampled_from([None, 2, "\t"]),
)
def test_whatever_json_is_there_is_there_afterwards(
    before: dict[str, object], indent: int | str | None
) -> None:
    text = json.dumps(before, indent=indent)
    assert parsed(with_member(text, ("mcpServers 7", "kijko"), ENTRY)) == {
        **before,
        "mcpServers 7": {"kijko": ENTRY},
    }


@pytest.mark.parametrize("before", ["{", "[]", '{"mcpServers": []}', '"{}"', "{'a': 1}", "{}{}"])
def test_what_cannot_be_changed_safely_is_refused(before: str) -> None:
    with pytest.raises(UnreadableSettings):
        with_member(before, ("mcpServers", "kijko"), ENTRY)


@pytest.mark.parametrize(
    ("client", "file", "under"),
    [
        ("augment", "home/.augment/settings.json", "mcpServers"),
        ("claude", "work/.mcp.json", "mcpServers"),
        ("cursor", "work/.cursor/mcp.json", "mcpServers"),
        ("vscode", "work/.vscode/mcp.json", "servers"),
        ("zed", "home/.config/zed/settings.json", "context_servers"),
    ],
)
def test_every_editor_gets_its_entry_after_the_difference_was_shown(
    tmp_path: Path, client: str, file: str, under: str
) -> None:
    work, home = tmp_path / "work", tmp_path / "home"
    for folder in (work, home):
        folder.mkdir()
    target = tmp_path / file
    target.parent.mkdir(parents=True, exist_ok=True)
    before = '{\n  // mine\n  "other": true\n}\n'
    target.write_text(before)
    sentry = {"SENTRY_URL": "http://127.0.0.1:9", "SENTRY_ORG": "kijko"}
    more = sentry | {"SENTRY_AUTH_TOKEN": SECRET}
    asked = mcp_program.run(work, home, "install", client, more=more)
    assert asked.status == 2
    assert "--yes" in asked.errors
    assert f'+  "{under}": {{' in asked.output
    assert target.read_text() == before
    done = mcp_program.run(work, home, "install", client, "--yes", more=more)
    assert done.status == 0, done.errors
    written = target.read_text()
    assert "// mine" in written
    assert SECRET not in written
    entry = parsed(written)[under]["kijko"]
    assert entry["args"][-1] == "serve"
    assert entry["env"]["SENTRY_URL"] == sentry["SENTRY_URL"]
    assert entry["env"]["MCP_WORKSPACE"] == str(work)
    (backup,) = target.parent.glob("*.before-kijko.*")
    assert backup.read_text() == before
    again = mcp_program.run(work, home, "install", client, "--yes", more=more)
    assert "already" in again.output
    assert target.read_text() == written


def test_an_entry_can_be_printed_instead(tmp_path: Path) -> None:
    done = mcp_program.run(tmp_path, tmp_path, "install", "claude", "--print")
    assert done.status == 0
    assert json.loads(done.output)["mcpServers"]["kijko"]["type"] == "stdio"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("{}")
    old = files.read(file)
    file.write_text('{"new": 1}')
    with pytest.raises(files.CannotWrite, match="changed meanwhile"):
        files.replace(file, old, "{}")
    assert file.read_text() == '{"new": 1}'
    assert [each.name for each in tmp_path.iterdir()] == ["settings.json"]


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.json", tmp_path / "settings.json"
    real.write_text("{}")
    real.chmod(0o600)
    link.symlink_to(real)
    files.replace(link, "{}", '{"a": 1}')
    assert link.is_symlink()
    assert real.read_text() == '{"a": 1}'
    assert real.stat().st_mode & 0o777 == 0o600


def test_the_packaged_file_names_itself(tmp_path: Path) -> None:
    packaged = tmp_path / "mcp-server.pex"
    entry = entry_for(ClientName.ZED, tmp_path, tmp_path, {"PEX": str(packaged)})
    assert entry.value["command"] == str(packaged)
