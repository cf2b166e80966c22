"""What both ends of the provisioning console must agree on. Source: docs/console.md, by section."""

from micropython import const

VERSION = const(1)

# 1 Lines
LINE_MAX = const(512)  # bytes of a request with its end: 0.5 KB
PACE_MS = const(20)  # between two answers
STALE_MS = const(10000)  # a line whose next byte comes later was cut

# 2 Modes
RUNNING = const("running")
SERVICE = const("service")
SERVICE_IDLE_S = const(900)
RESTART = const(75)  # exit code of a gateway that wants to be started again (EX_TEMPFAIL)

# 3 The lock
CODE_MIN = const(8)
CODE_MAX = const(32)
TRIES = const(5)
WAIT_S = const(60)
WAIT_MAX_S = const(3600)
UNLOCKED_S = const(600)

# 4 Commands
PIECE_MAX = const(360)  # bytes of `data`, as they stand in the line
PUT_MAX = const(16384)  # bytes of a file
NAME_MAX = const(24)
NAME_CHARACTERS = const("abcdefghijklmnopqrstuvwxyz0123456789-")
CONFIG = const("config")  # the file that is the configuration
DEVICE = const("device")  # the name of the key and of its request
TRIAL_S = const(600)
TRIAL_STARTS = const(3)
JOURNAL_SIZE = const(1024)  # bytes of journal that are kept for who asks: 1 KB
PATIENCE_MAX_MS = const(2000)
REGISTERS = const("registers")
EXCEPTION = const("exception")
SILENT = const("silent")
GARBLED = const("garbled")

# 5 Errors
LINE = const("line")
UNKNOWN = const("unknown")
ARGUMENT = const("argument")
LOCKED = const("locked")
WAIT = const("wait")
MODE = const("mode")
BUSY = const("busy")
REFUSED = const("refused")
FAILED = const("failed")
