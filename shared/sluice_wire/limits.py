"""Every bound of the gateway, in one place: its unit, and what it costs in RAM.

A bound is a promise to the network (no document can exhaust the device) and to the heap budget.
"""

from micropython import const

# Events and programs (E1, E7)
MAX_EVENTS = const(24)  # events held; two tables (in force, being read) of 25 rows of 100 B: 5 KB
EVENT_ROWS = const(25)  # and a row for the newcomer, while it is decided which event gives way
ANSWERED_MAX = const(64)  # events whose answers are remembered; 24 B each: 1.5 KB
RANDOMIZE_MAX_S = const(3600)  # of randomizeStart and randomizeDuration, either way (sep.xsd)
MAX_PROGRAMS = const(16)  # DERPrograms followed at a time; 250 B each, 1 KB with addresses as long as may be
MAX_REPLY_TO = const(8)  # distinct replyTo addresses held for the events; up to HREF_MAX B each
RESPONSES_MAX = const(64)  # responses waiting for the server; 23 B each: 1.5 KB
ALARMS_MAX = const(8)  # alarms waiting for the server; 7 B each (R3)

# A watt limit that limits nothing; larger watts are read as this (P3)
UNLIMITED_W = const(536870911)

# Telemetry (M5)
POST_RATE_MIN_S = const(60)  # a postRate outside these is taken as the nearest
POST_RATE_MAX_S = const(3600)
TELEMETRY_SETS = const(288)  # interval sets kept at the least: with 300 s 24 hours, with 60 s 4.8
CHUNK_WORDS = const(160)  # of a chunk, 12 sets or 6 with phases: two in RAM, 1.3 KB; 24 or 48 in flash, a block each

# XML (P5)
DOC_MAX = const(1048576)  # bytes of one document; read as a stream, costs nothing
DEPTH_MAX = const(16)  # open elements; 4 B each
NAMES_MAX = const(512)  # bytes of the names of all open elements together: 0.5 KB
NS_MAX = const(16)  # namespace declarations in force at a time; 8 B each
PREFIXES_MAX = const(128)  # bytes of all their prefixes together
URIS_MAX = const(384)  # bytes of all their URIs together, the same one counted once: 0.4 KB
ATTRS_MAX = const(16)  # attributes of one element
TAG_MAX = const(1024)  # bytes of one start tag's names and values: 1 KB
TEXT_MAX = const(512)  # bytes of one element's text, white space at its ends not counted: 0.5 KB
HREF_MAX = const(255)  # bytes of one address

# HTTP
HEADER_MAX = const(4096)  # bytes of one response's status line and header; costs nothing
HEADER_LINE_MAX = const(512)  # bytes of a header line that is looked at; longer ones are skipped
RX_SIZE = const(1024)  # bytes read from the socket at a time
TX_SIZE = const(1536)  # bytes of a document that is being written: what stands between two of its yields, twice
PAGE_SIZE = const(24)  # list items asked for at a time (`l=`)
PAGES_MAX = const(64)  # pages of one list read at the most
POLL_RATE_MIN_S = const(10)  # a pollRate outside these is taken as the nearest
POLL_RATE_MAX_S = const(86400)
RETRY_AFTER_MAX_S = const(3600)  # a server that wants to be left alone for longer is asked again then
REDIRECTS_MAX = const(3)
GZIP_MAX = const(16384)  # bytes of a compressed body; only where there is heap to inflate it
REQUEST_DEADLINE_MS = const(30000)  # one request, from connect to the last byte

# Modbus
ADU_MAX = const(256)  # bytes of one RTU frame
READ_MAX = const(125)  # registers of one read
WRITE_MAX = const(123)  # registers of one write
REPLY_MAX_MS = const(2000)  # a reply is whole by then, whatever dribbles in
REPLY_TIMEOUT_MS = const(1000)  # a device that has not begun to answer by then is silent
NOISE_MAX = const(1024)  # bytes without a reply among them: the line babbles; costs nothing
SITE_MAX_W = const(1000000)  # a meter that says more is not believed
INVERTERS_MAX = const(8)  # DER on one gateway; about 1 KB each, and as much for a connection of its own (C5)
MODELS_MAX = const(40)  # SunSpec models walked over in one device
