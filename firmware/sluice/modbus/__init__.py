"""Modbus as the one client on a line: frames, and exchanges with retries."""
