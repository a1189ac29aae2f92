"""Installing the project installs its dependencies, and no module to import."""

import importlib.metadata
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests import harness

_TAKEN = ("pyproject.toml", "README.md", "LICENSE", "kernel.py", "transports", "report", "tests")


def test_no_module_is_to_be_installed() -> None:
    """Both lists exist and are empty: without them setuptools would search for packages."""
    project = tomllib.loads((harness.ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"] == {"py-modules": [], "packages": []}


def test_a_wheel_holds_nothing_but_its_metadata(tmp_path: Path) -> None:
    """It is built from a copy, because a build leaves files beside the sources."""
    try:
        version = importlib.metadata.version("setuptools")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("setuptools is not installed")
    (requirement,) = tomllib.loads((harness.ROOT / "pyproject.toml").read_text("utf-8"))[
        "build-system"
    ]["requires"]
    if int(version.split(".")[0]) < int(requirement.partition(">=")[2]):
        pytest.skip(f"{requirement} is required, and there is {version}")
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in _TAKEN:
        source = harness.ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(tmp_path), str(copy)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert all(top.endswith(".dist-info") for top in tops), tops
