"""Settings come from the environment and the command line, and wrong ones are said to be wrong."""

from pathlib import Path

import pytest

from devstack.settings import Settings, SettingsError, default_data_folder


@pytest.fixture(autouse=True)
def _no_settings_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMFYUI_URL", raising=False)
    monkeypatch.delenv("DEVSTACK_GATEWAY_PORT", raising=False)


def test_several_comfyuis_are_given_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_URL", "http://a:1/, https://b")
    assert Settings.load().comfyui_urls == ("http://a:1", "https://b")


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_GATEWAY_PORT", "1234")
    assert Settings.load(gateway_port=None).gateway_port == 1234
    assert Settings.load(gateway_port=0).gateway_port == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("COMFYUI_URL", "localhost:8188", r"COMFYUI_URL .*'localhost:8188' is not like http://"),
        ("DEVSTACK_GATEWAY_PORT", "99999", r"DEVSTACK_GATEWAY_PORT .*65535"),
    ],
)
def test_a_wrong_value_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said):
        Settings.load()


def test_each_checkout_has_a_data_folder_outside_of_it(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "pants.toml").touch()
    one = default_data_folder(tmp_path / "one")
    assert default_data_folder(tmp_path / "one" / "deep") == one
    assert default_data_folder(tmp_path / "two") != one
    assert not one.is_relative_to(tmp_path)
