"""What is said of source maps is seen to be so: they are on the server, or it is no success."""

from release_cli.clients.served import look_at
from release_cli_checkout import Checkout, Done, release
from release_cli_proxy import proxy
from release_cli_sentry import LocalSentry
from release_cli_web import PROJECT, WEB, build


def upload(checkout: Checkout, url: str, token: str) -> Done:
    """Run `release upload` on what was built."""
    name = f"{WEB}@0.1.0+{checkout.head[:12]}"
    return release(
        checkout, "upload", "--project", WEB, "--release", name, "--artifact", "dist/web",
        "--json", *checkout.inputs(PROJECT)[:2], url=url, token=token,
    )  # fmt: skip


def test_a_map_that_is_not_on_the_server_afterwards_is_no_success(
    checkout: Checkout, server: LocalSentry
) -> None:
    folder = build(checkout, f"lost {checkout.folder}")
    with proxy(server.url) as between:
        # A server that takes everything and keeps no map: its list of files has only scripts.
        between.replace("/files/", b'"fileType":3', b'"fileType":2')
        done = upload(checkout, between.url, server.token)
    assert done.status == 1
    assert done.json["error"] == "upload-failed"
    assert "lacks the source maps of 1 scripts" in done.errors
    assert "app.js" in done.errors
    assert (folder / "app.js.map").exists(), "nothing is taken away before all is there"
    assert upload(checkout, server.url, server.token).status == 0
    assert not (folder / "app.js.map").exists()


def test_a_script_that_names_a_map_which_is_not_here_is_told(
    checkout: Checkout, server: LocalSentry
) -> None:
    folder = build(checkout, f"vendored {checkout.folder}")
    (folder / "vendor.js").write_text("var v=1;\n//# sourceMappingURL=vendor.js.map\n")
    (folder / "plain.js").write_text("var p=1;\n")
    done = upload(checkout, server.url, server.token)
    assert done.status == 0, done.errors
    assert done.json["warnings"] == ["vendor.js names a source map that is not here."]
    assert done.json["maps_removed"] == 1


def test_maps_of_several_kinds_are_found(checkout: Checkout) -> None:
    folder = build(checkout, "kinds")
    (folder / "deep").mkdir()
    (folder / "maps").mkdir()
    for name, comment in (
        ("deep/far.js", "//# sourceMappingURL=../maps/far.js.map"),
        ("hidden.js", ""),
        ("inline.js", "//# sourceMappingURL=data:application/json;base64,e30="),
    ):
        (folder / name).write_text(f"var x=1;\n{comment}\n")
    for name in ("maps/far.js.map", "hidden.js.map", "style.css.map"):
        (folder / name).write_text("{}")
    (served,) = look_at([folder])
    assert {each.path.name: (each.is_mapped, each.has_map) for each in served.scripts} == {
        "app.js": (True, True),
        "far.js": (True, True),
        "hidden.js": (True, True),
        "inline.js": (False, False),
    }
    assert sorted(each.name for each in served.maps) == [
        "app.js.map", "far.js.map", "hidden.js.map",
    ]  # fmt: skip
