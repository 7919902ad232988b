"""Verifies an evidence pack offline, and decides again. Needs PyJWT: pip install origin-stack[certificates]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import pack_contents as contents
from .errors import CertificateError
from .stored_zip import read_stored_zip
from .verify_certificate import not_covered, verify_certificate

_WRONG = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, CertificateError)


@dataclass(frozen=True)
class PackCheck:
    """One thing that was looked at; ``detail`` is for people."""

    name: str
    ok: bool
    detail: str


@dataclass
class PackVerdict:
    """``ok``: every check passed. ``signer_checked``: both signatures are by keys that the verifier pinned; without
    it ``ok`` says only that the pack is consistent, which anybody can make. ``not_covered``: what the pack shows and
    its certificate does not prove."""

    checks: list[PackCheck] = field(default_factory=list)
    signer_checked: bool = False
    manifest: dict[str, Any] | None = None
    certificate: dict[str, Any] | None = None
    not_covered: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)


class _Ended(Exception):
    """A check failed that others build on."""


def verify_pack(
    pack: bytes, *, jwks: Mapping[str, Any] | None = None, kid: str | Sequence[str] | None = None
) -> PackVerdict:
    """Verifies ``pack.zip``. Pin ``jwks``, or the thumbprint(s) of signing keys; with both, a key must be in both.

    No key is trusted because the pack brought it. Raises nothing for what is in the pack: the checks say what is
    wrong, and those that need what failed before are not made.
    """
    verdict = PackVerdict()
    try:
        _run(_Checks(verdict), pack, jwks, [kid] if isinstance(kid, str) else kid)
    except _Ended:
        pass
    verdict.signer_checked = verdict.ok and (jwks is not None or kid is not None)
    return verdict


class _Checks:
    def __init__(self, verdict: PackVerdict) -> None:
        self.verdict = verdict

    def look(self, name: str, run: Callable[[], Any]) -> Any:
        """What ``run`` gives, None where it found something wrong."""
        try:
            value = run()
        except _WRONG as error:
            self.verdict.checks.append(PackCheck(name, False, f"{error}" or type(error).__name__))
            return None
        self.verdict.checks.append(PackCheck(name, True, value if isinstance(value, str) else ""))
        return value

    def need(self, name: str, run: Callable[[], Any]) -> Any:
        value = self.look(name, run)
        if not self.verdict.checks[-1].ok:
            raise _Ended(name)
        return value


def _run(checks: _Checks, pack: bytes, jwks: Mapping[str, Any] | None, kids: Sequence[str] | None) -> None:
    files = checks.need("archive", lambda: read_stored_zip(pack))
    manifest = checks.need("manifest", lambda: contents.read_manifest(files))
    checks.verdict.manifest = manifest
    keys = checks.need("keys", lambda: contents.keys(files, jwks, kids))
    checks.look("manifest_signature", lambda: contents.check_manifest_signature(files, keys))
    checks.look("files_listed", lambda: contents.check_listing(files, manifest))
    checks.look("files_unchanged", lambda: contents.check_hashes(files, manifest))
    certificate = checks.need(
        "certificate_signature", lambda: verify_certificate(contents.text(files, "certificate.jws"), keys)
    )
    checks.verdict.certificate, checks.verdict.not_covered = certificate, not_covered(certificate)
    checks.look("certificate_decision", lambda: contents.check_decision(files, manifest, certificate))
    checks.look("certificate_inputs", lambda: contents.check_inputs(files, certificate))
    checks.look("ledger_events", lambda: contents.check_events(files, certificate))
    checks.look("ledger_certificate", lambda: contents.check_ledger_link(files, certificate))
    if certificate["v"] == 1:
        return
    checks.look("certificate_outcome", lambda: contents.check_outcome(files, certificate))
    checks.need("certificate_policy_and_models", lambda: contents.check_decider(files, certificate))
    checks.look("decided_again", lambda: contents.check_decided_again(files))
