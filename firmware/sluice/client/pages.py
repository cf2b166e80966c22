"""A list, page after page: what it names goes item by item to whoever reads it.

`all` and `results` may lie, so the items that come are counted. A full page may be followed by another whatever `all`
says, and any page if more items have come than that; an empty one is the last. If `all` changes from page to page, the
list has changed meanwhile and an item may have slipped through: it is read once more. A server that sends its first
page again and again has no other.
Source: IEEE 2030.5-2018 clause 6; requirements T6, P5.
"""

from sluice.sep2.record import HREF
from sluice.sep2.url import add_query
from sluice_wire.limits import PAGE_SIZE, PAGES_MAX

from .causes import RequestError


async def read_list(session, tree, row, document, begin, on_item, enough):
    """Read the list at `row`: begin(row), then on_item(record) for each item; both once more if it has changed.

    A page is the last if enough(row) says so. `tree.unread` tells why not all of it could be read. Return its
    poll rate in seconds, 0 if it names none.
    """
    for _ in range(2):
        tree.found = []
        tree.unread = ""
        begin(row)
        rate_s, changed = await _read_pages(session, tree, row, document, on_item, enough)
        if not changed:
            return rate_s
    tree.unread = tree.unread or "it changes while it is read"
    return rate_s


async def _read_pages(session, tree, row, document, on_item, enough):
    """Return the poll rate, and whether `all` has changed from page to page."""
    record = session.reader.record
    first = None
    again = False
    start = rate_s = all_ = 0
    changed = False

    def item(record):
        nonlocal first, again
        if record.items == 1:
            key = (bytes(record.mrid), bytes(record.lfdi), record.text(HREF))
            again = key == first
            if not start:
                first = key
        if not again:
            try:
                on_item(record)
            except RequestError as error:
                tree.unread = str(error)

    for _ in range(PAGES_MAX):
        if not await session.get(add_query(row.href, start, PAGE_SIZE), document, item):
            return rate_s, changed
        tree.unread = tree.unread or record.unread
        if again:
            if start < all_:
                tree.unread = "the server sends its first page again and again"
            return rate_s, changed
        if not start:
            rate_s = record.poll_rate
            all_ = record.all_
        elif record.all_ != all_:
            changed = True
        start += record.items
        if not record.items or start == record.all_ and record.items != PAGE_SIZE or enough(row):
            return rate_s, changed
    raise RequestError("the list at %s does not end" % row.href, False)
