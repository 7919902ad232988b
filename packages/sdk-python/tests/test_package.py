"""The wheel and the source archive, built and then installed into empty environments of every Python that is here."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest
from conftest import CHECKOUT, Answer

PACKAGE = pathlib.Path(__file__).parents[1]
CONSUMER = PACKAGE / "tests/consumer"
VECTOR = json.loads((CHECKOUT / "packages/sdk/vectors/webhook.json").read_text())[0]
TENANT = "0193a1b2-0000-7000-8000-000000000001"


def find_python(release):
    """A Python of a release: on the PATH, or of pyenv."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")) / "versions"
    for candidate in (shutil.which(f"python{release}"), *sorted(pyenv.glob(f"{release}.*/bin/python"))):
        asked = [candidate, "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"]
        if candidate and subprocess.run(asked, capture_output=True, text=True).stdout.strip() == release:
            return candidate
    return None


# A host has some of them; mypy looks at the oldest and the newest in any case.
PYTHONS = {
    release: found
    for release in ("3.10", "3.11", "3.12", "3.13", "3.14")
    if (found := find_python(release)) is not None
}


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The archive of the sources, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    # Copied: setuptools writes beside what it builds.
    sources = folder / "sources"
    shutil.copytree(PACKAGE, sources, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "dist"))
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, sources)
    [wheel], [archive] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, archive


@pytest.fixture(scope="module")
def install(built, tmp_path_factory):
    def start(python, *more, extra="", offline=True):
        """The interpreter of an empty environment with the wheel in it."""
        environment = tmp_path_factory.mktemp("environment")
        run(python, "-m", "venv", "--without-pip", environment)
        inside = environment / "bin/python"
        pip = [sys.executable, "-m", "pip", "--python", inside, "install", "--quiet", "--disable-pip-version-check"]
        run(*pip, *(["--no-index"] if offline else []), *more, f"{built[0]}{extra}")
        return inside

    return start


def test_holds_every_module_its_types_and_the_licence_and_needs_no_package(built):
    wheel, archive = built
    modules = {path.name for path in (PACKAGE / "src/origin_stack").iterdir() if path.is_file()}
    assert {"py.typed", "verify_webhook.py", "origin_client.py"} <= modules
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        [metadata] = [opened.read(name).decode() for name in names if name.endswith("/METADATA")]
        [licence] = [opened.read(name) for name in names if name.endswith("/LICENSE")]
    assert {name.removeprefix("origin_stack/") for name in names if name.startswith("origin_stack/")} == modules
    assert {name.split("/")[0].split("-")[0] for name in names} == {"origin_stack"}
    assert licence == (CHECKOUT / "LICENSE").read_bytes()
    needs = [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra ==" not in line]
    assert needs == []
    with tarfile.open(archive) as opened:
        assert {f"src/origin_stack/{name}" for name in modules} <= {
            name.partition("/")[2] for name in opened.getnames()
        }


@pytest.mark.parametrize("release", PYTHONS)
def test_verifies_and_calls_in_an_empty_environment(release, install, start_peer):
    url, received = start_peer(lambda _received, _number: Answer(body=json.dumps({"tenant_id": TENANT}).encode()))
    inside = install(PYTHONS[release])
    proof = json.dumps({"vector": VECTOR, "base_url": url})
    # -W error: nothing that this release deprecates. -I: nothing of this checkout.
    answers = json.loads(run(inside, "-I", "-W", "error", CONSUMER / "prove.py", input=proof))
    assert answers == {
        "python": release,
        "event": VECTOR["event_id"],
        "tampered": "signature_mismatch",
        "tenant": TENANT,
    }
    assert received[0].headers["authorization"] == "Bearer ok_live_x"


def test_verifies_a_certificate_with_its_extra_installed(install, real_api):
    """What a real API signed, with what the package itself says that it needs; in the versions that tests use."""
    pinned = PACKAGE / "requirements-test.txt"
    inside = install(sys.executable, "--constraint", pinned, extra="[certificates]", offline=False)
    given = json.dumps({"base_url": real_api.url, "key": real_api.key})
    answers = json.loads(run(inside, "-I", "-W", "error", CONSUMER / "certify.py", input=given))
    assert answers["decision"] == answers["certified"]
    assert answers["forged"] == "signature_invalid"


def test_is_typed_for_a_strict_consumer(install):
    inside = install(sys.executable)
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-executable", inside, "--config-file", ""]
    for release in ("3.10", "3.14"):
        run(*mypy, "--python-version", release, CONSUMER / "typed.py", cwd=CONSUMER)


def test_its_own_sources_are_strictly_typed_for_the_oldest_python():
    run(sys.executable, "-m", "mypy", "src", cwd=PACKAGE)
