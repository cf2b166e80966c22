"""What differs between Pythons and boards: sockets with TLS, the serial line, files, clock, random numbers.

A port is an object with these methods; the shell gets it as an argument and knows no other. Streams and
lines are made by it too:

    ticks_ms() -> int                       monotonic, wraps
    ticks_diff(a, b) -> int                 a - b, across the wrap
    rtc() -> int                            the real-time clock in core seconds, right or wrong
    set_rtc(core_s)                         sets it; OSError where it is not ours to set
    learn(core_s, sure)                     it is this core second, or later if not `sure`: a machine's clock that
                                            nobody else sets goes by it, since TLS looks there; rtc() only if it is sure
    built                                   the core second at which the firmware was built
    cold                                    whether the machine was powered on in the last five minutes
    board                                   the board's name ("LINUX"); "" on a PC
    serial                                  the machine's own number as text, not secret; "" if it has none
    alive()                                 tells who watches over the program, if anybody does, that it lives: every
                                            second or so
    random_below(n) -> int                  0 .. n-1
    random_bytes(n) -> bytes                from the machine's own source, also in a simulation: keys are made of them
    print(text)                             one line for a person
    read_file(name) -> bytes                OSError if there is none
    open_file(name) -> file                 its bytes: `readinto(buf) -> n` (0 = end), `seek(n)`, a context manager
    replace_file(name, parts)               the buffers, one after the other, are the file's content from now on, also
                                            after a power cut; OSError, or a cut before the end: the old or the new.
                                            Where files have modes, it is for its owner only
    remove_file(name)                       there is no such file any more; OSError if that cannot be
    file_names(folder) -> list              of what is in it; [] if there is no such folder
    make_folder(name)                       there is such a folder; the one above it exists
    heap() -> (live, limit)                 bytes, after a collection; limit 0 = not bounded
    unload(module)                          `module` ("a.b") will not be needed again: its heap may be given back
    await sleep_ms(ms)
    await within(ms, awaitable)             its result, or asyncio.TimeoutError
    tls(ca, chain, key, name) -> context    from the names of PEM files; TlsError names the one at fault. `name`: what
                                            the server's certificate must be for, "" = its chain alone counts
    join(ssid, key)                         joins this wireless network, and again whenever it was lost, where nobody
                                            else does; None = no network, no key
    await connect(host, port, tls) -> stream
    lines() -> list                         names of serial lines that are there, for `open_line`
    await open_line(device, baud, parity, rts=False) -> line
                                            `rts`: RTS switches the driver of RS485 (DE) on for as long as we send, by
                                            the kernel; OSError where the line cannot do so
    open_console(name) -> console           "-": standard input and output; a tty; else a pseudo-terminal, made and
                                            linked there
    await open_tcp(host, port) -> tcp       a TCP connection to a device, within REPLY_TIMEOUT_MS

A stream: `await readinto(buf) -> n` (0 = closed), `await write(buf, n)`, `close()`; all raise LinkError.
A line: `await ask(request, n, buf, timeout_ms) -> n` discards what has arrived, sends and reads what comes first,
`await readinto(buf, timeout_ms) -> n` what comes next (0 = nothing in time, or it is REPLY_MAX_MS ago that was asked),
`close()`; all raise OSError when the line is gone. To its times come those that the bytes need at its baud.
A console: `await readinto(buf) -> n` waits for bytes (0 = it has ended for good; a tty that hangs up is opened anew),
`write(text)` sends one line at once: what nobody takes is dropped and never waited for; `close()`.
A tcp: `await write(buf, n)`, `await readinto(buf, timeout_ms) -> n` (0 as of a line), `close()`; all raise OSError when
the connection is gone.
"""
