"""What both ends of the provisioning console must agree on. Source: docs/console.md, by section."""

from micropython import const

VERSION = const(1)

# 1 Lines
LINE_MAX = const(512)  # bytes of a request with its end: 0.5 KB
PACE_MS = const(20)  # between two answers
STALE_MS = const(10000)  # a line whose next byte comes later was cut

# 2 Modes
RUNNING = "running"
SERVICE = "service"
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
NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
CONFIG = "config"  # the file that is the configuration
DEVICE = "device"  # the name of the key and of its request
TRIAL_S = const(600)
TRIAL_STARTS = const(3)
JOURNAL_SIZE = const(1536)  # bytes of journal that are kept for who asks: 1.5 KB
PATIENCE_MAX_MS = const(2000)
REGISTERS, EXCEPTION, SILENT, GARBLED = "registers", "exception", "silent", "garbled"

# 5 Errors
LINE = "line"
UNKNOWN = "unknown"
ARGUMENT = "argument"
LOCKED = "locked"
WAIT = "wait"
MODE = "mode"
BUSY = "busy"
REFUSED = "refused"
FAILED = "failed"
