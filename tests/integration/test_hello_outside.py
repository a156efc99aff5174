"""hello, the plugin that authors begin with: built, tested and installed outside of the tree, against what `make install` put into a
folder. And the code of docs/plugins.md, which must compile and pass as it stands there. No server runs here."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WHIPLY_BUILD_PLAIN", ROOT / "build"))
HELLO = ROOT / "docs" / "examples" / "hello"
GUIDE = ROOT / "docs" / "plugins.md"


def run(*command, **options):
    """Runs a command and returns what it wrote; its failure shows that as well."""
    options["env"] = {**os.environ, **options.get("env", {})}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace", timeout=300, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder into which the built tree was installed, and the environment in which pkg-config finds it."""
    if not (BUILD / "Makefile").exists():
        pytest.skip("there is no build without sanitizers")
    folder = tmp_path_factory.mktemp("installed")
    run("make", "-s", "-C", BUILD, "install", f"DESTDIR={folder}")
    found = list(folder.rglob("pkgconfig"))
    assert len(found) == 1
    return folder, {"PKG_CONFIG_PATH": str(found[0]), "PKG_CONFIG_SYSROOT_DIR": str(folder)}


def flags(installed, *packages):
    """What pkg-config says of our packages; those of the system do not lie in the folder."""
    _, env = installed
    ours = run("pkg-config", "--cflags", "--libs", *packages, env=env).split()
    return [*ours, *run("pkg-config", "--libs", "cmocka").split()]


def relative(folder, pattern):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(pattern))


def test_install_puts_everything_in_its_place(installed):
    folder, env = installed
    plugindir = run("pkg-config", "--variable=plugindir", "whiply", env=env).strip().removeprefix(str(folder)).lstrip("/")
    assert {"metrics.so", "relay.so"} <= {path.name for path in (folder / plugindir).iterdir()}
    assert plugindir.endswith("lib/whiply/plugins") or re.search(r"lib/[^/]+/whiply/plugins$", plugindir)
    assert relative(folder, "*.la") == []
    headers = {path.name for path in (ROOT / "include" / "whiply").glob("*.h")}
    assert {path.name for path in next(folder.rglob("whiply.h")).parent.iterdir()} == headers
    assert len(relative(folder, "libwhiplytest.a")) == 1
    assert len(relative(folder, "whiply.conf.example")) == 1
    docs = next(folder.rglob("README.md")).parent
    while not (docs / "LICENSE").exists():
        docs = docs.parent
    for page in (ROOT / "docs").rglob("*.md"):
        assert (docs / page.relative_to(ROOT)).exists(), f"{page.relative_to(ROOT)} is not installed"
    units = list(folder.rglob("whiply.service"))
    assert len(units) == 1 and "sbin/whiplyd --check" in units[0].read_text()


def test_each_header_stands_alone(installed, tmp_path):
    folder, _ = installed
    for header in sorted((ROOT / "include" / "whiply").glob("*.h")):
        source = tmp_path / "one.c"
        source.write_text(f"#include <whiply/{header.name}>\nint one(void);\nint one(void) {{ return 1; }}\n")
        include = next(folder.rglob("whiply/whiply.h")).parents[1]
        run("cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{include}", source)


def test_hello_is_built_tested_and_installed_outside_of_the_tree(installed, tmp_path):
    folder, env = installed
    for name in ("Makefile", "hello.c", "test_hello.c"):
        shutil.copy(HELLO / name, tmp_path)
    make = ["make", "-s", "-C", tmp_path, "CFLAGS=-O1 -g -Wall -Wextra -Werror"]
    run(*make, env=env)
    output = subprocess.run([str(word) for word in [*make, "test"]], env={**os.environ, **env}, capture_output=True, text=True, timeout=300)
    assert output.returncode == 0, output.stdout + output.stderr
    assert "PASSED" in output.stdout + output.stderr
    run(*make, "install", env={**env, "DESTDIR": str(tmp_path / "to")})
    assert relative(tmp_path / "to", "hello.so")
    symbols = run("nm", "-D", "--defined-only", tmp_path / "hello.so")
    assert [line.split()[-1] for line in symbols.splitlines()] == ["whiply_plugin"]


def guide_files():
    """The guide's C: fragments follow each other until one that ends a file, with the plugin's table or a main()."""
    files, text = [], ""
    for block in re.findall(r"^```c\n(.*?)^```$", GUIDE.read_text(), re.M | re.S):
        text += block + "\n"
        if "struct wh_plugin whiply_plugin =" in block or "\nmain(" in block:
            files.append(text)
            text = ""
    assert text == "", "the last code of the guide belongs to no file"
    return files


def test_the_code_of_the_guide_compiles_and_its_tests_pass(installed, tmp_path):
    plugin, tests = None, 0
    for number, text in enumerate(guide_files()):
        source = tmp_path / f"guide{number}.c"
        source.write_text(text)
        options = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]
        if "\nmain(" in text:
            run(*options, "-o", tmp_path / "test_guide", source, plugin, *flags(installed, "whiply-test"))
            run(tmp_path / "test_guide")
            tests += 1
        else:
            plugin = source
            run(*options, "-fPIC", "-shared", "-o", tmp_path / f"guide{number}.so", source, *flags(installed, "whiply"))
    assert tests >= 1
