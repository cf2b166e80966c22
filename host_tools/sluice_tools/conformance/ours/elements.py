"""Elements of the documents that went over the line, by their local names: of any version, with any prefix."""

import xml.etree.ElementTree as ET


def name_of(element: ET.Element) -> str:
    """Give the local name."""
    return element.tag.rpartition("}")[2]


def all_of(element: ET.Element, name: str) -> list[ET.Element]:
    """Give the elements of this local name within."""
    return [each for each in element.iter() if name_of(each) == name]


def text(element: ET.Element, name: str) -> str | None:
    """Give the text of the first element of this local name within."""
    found = next(iter(all_of(element, name)), None)
    return None if found is None else (found.text or "").strip()


def integer(element: ET.Element, name: str) -> int | None:
    """Give the number in the first element of this local name within."""
    said = text(element, name)
    return int(said) if said else None


def href(element: ET.Element, name: str) -> str:
    """Give the path of a link, "" if there is none."""
    found = next(iter(all_of(element, name)), None)
    return "" if found is None else found.get("href", "").partition("?")[0]


def is_whole(root: ET.Element) -> bool:
    """Tell whether a list came in one page."""
    return root.get("all") == root.get("results")
