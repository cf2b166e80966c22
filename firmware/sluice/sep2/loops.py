"""The loops over bytes: in machine code where the image holds it, in Python elsewhere. Both do the same."""

try:
    from sluice.sep2.loops_viper import child, copy, decimal, find, same, scan, span, unhex
except (ImportError, AttributeError):  # an image without machine code; a Python without its compiler
    from sluice.sep2.loops_portable import child, copy, decimal, find, same, scan, span, unhex  # noqa: F401
