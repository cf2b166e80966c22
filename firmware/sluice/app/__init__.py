"""The gateway as a program: configuration, clock, journal, and the two tasks."""
