"""The program `openssl`, an oracle for certificates: its users are skipped without it, in CI they fail."""

import os
import shutil
import subprocess

import pytest


def openssl(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run it, whatever it answers."""
    if not shutil.which("openssl"):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("the program openssl is not installed")
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=60)
