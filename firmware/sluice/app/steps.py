"""The steps of a commissioning as they are told: each begins, and has passed, has failed, or could show nothing."""


class Steps:
    """`say` takes a dict for the person who watches; `failed` and `notes` hold the names of steps."""

    def __init__(self, say):
        self.say = say
        self.failed = []
        self.notes = []  # which have shown nothing

    def begin(self, step, text):
        """A step begins that takes its time."""
        self.say({"begin": step, "text": text})

    def end(self, step, ok, text, do=""):
        """It has passed (True), failed (False) or could show nothing (None); `do`: what the installer can do."""
        if ok is False:
            self.failed.append(step)
        if ok is None:
            self.notes.append(step)
        self.say({"step": step, "ok": ok, "text": text, "do": do})
