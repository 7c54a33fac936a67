"""Everything that a person's visit runs through: gunicorn, the project's nginx, the sandbox."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app_server import AppServer
from certificates import self_signed
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from front_servers import ProjectFront

from bench import ROOT
from dingbridge.sandbox.sandbox import Sandbox

HOST = "h5.example.test"
SCRIPTS = Path(__file__).resolve().parent / "pages"
WHOLE_SDK = ROOT / "node_modules" / "dingtalk-jsapi" / "index.js"


@dataclass(frozen=True)
class Stage:
    """`origins` are what the browser opens: `h2` over TLS, `http/1.1` in the clear.

    `key_digest` names the certificate's key to Chromium, so that it trusts it: what comes over a
    connection that it distrusts is never cached.
    """

    sandbox: Sandbox
    origins: dict[str, str]
    key_digest: str


@contextmanager
def open_stage(folder: Path) -> Iterator[Stage]:
    """Start it all; the app listens on a Unix socket behind nginx."""
    certificate = self_signed(folder, [HOST])
    static = _static_files(folder)
    socket = f"unix:{folder}/app.sock"
    front = ProjectFront(folder, socket, [HOST], certificate=certificate, static=static)
    origins = {
        "h2": f"https://{HOST}:{front.tls_port}",
        "http/1.1": f"http://{HOST}:{front.port}",
    }
    with Sandbox() as sandbox:
        environment = {
            **sandbox.environment(folder / "instance"),
            "DING_DEBUG": "0",
            "DING_PUBLIC_ORIGINS": ",".join(origins.values()),
            "DING_TRUSTED_PROXIES": "unix",
        }
        app = AppServer(environment, folder, app="bench.twin_pages:app", bind=socket)
        with app, front:
            yield Stage(sandbox, origins, _key_digest(certificate.chain))


def _static_files(folder: Path) -> Path:
    """The project's static files, and below bench/ what the usual way needs."""
    static = folder / "static"
    shutil.copytree(ROOT / "static", static)
    (static / "bench").mkdir()
    for script in SCRIPTS.glob("*.js"):
        shutil.copy(script, static / "bench")
    build_whole_sdk(static / "bench" / "dingtalk-whole.js")
    return static


def build_whole_sdk(out: Path) -> None:
    """The npm package as its own index puts it together: every API, one minified script."""
    options = ["--bundle", "--minify", "--charset=utf8", "--format=iife", "--global-name=dd"]
    options += ["--target=es2015", "--platform=browser", "--legal-comments=none"]
    # As in assets/sdk.mjs: the pages' policy forbids eval, and the package asks for it in vain.
    options += ["--define:eval=undefined", "--log-level=error", f"--outfile={out}"]
    esbuild = ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"
    node = [sys.executable, str(ROOT / "assets" / "node.py"), str(esbuild)]
    subprocess.run([*node, str(WHOLE_SDK), *options], cwd=ROOT, check=True)


def _key_digest(chain: Path) -> str:
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    key = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")
