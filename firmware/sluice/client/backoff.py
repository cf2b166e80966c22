"""How long to wait after a failure: a function of nothing but its arguments, so that thousands can be simulated.

Two more tries come within a poll period, the first after 10 s. From then on it is tried about once in a period, each
time spread over a third of it, so that those who failed in the same second drift apart. A Retry-After is never taken
at its word to the second: everybody got the same, and a server may count a request in that second as one too early.
Source: RFC 9110 10.2.3; requirements S1, S2; the national harness' P-05 and P-06.
"""

from micropython import const

from sluice_wire.limits import RETRY_AFTER_MAX_S

RETRIES_S = const((10, 30))  # before the retries within a period, and up to as much again


def own_part(lfdi, span):
    """Return this device's own part of `span` (0 to `span` - 1): always the same, and others have others."""
    return (lfdi[0] << 8 | lfdi[1]) % span


def delay_s(failures, rate_s, retry_after_s, random_below):
    """Return the seconds to wait after a failure that `failures` others came before.

    `rate_s` is the poll rate, `retry_after_s` what the server asks for (-1 = nothing); random_below(n) gives 0 to n-1.
    """
    if retry_after_s >= 0:
        wait = min(retry_after_s, RETRY_AFTER_MAX_S)
        wait += min(rate_s, max(10, wait // 3)) + 1
        return wait + random_below(min(rate_s // 2, wait // 2 + 10) + 1)
    if failures < len(RETRIES_S):
        return RETRIES_S[failures] + random_below(min(RETRIES_S[failures], rate_s // 7) + 1)
    return max(rate_s - sum(RETRIES_S), rate_s * 9 // 10) + random_below(rate_s // 3 + 1)
