"""Telemetry: samples, averaged over clock-aligned intervals, kept in a fixed ring until the server has them."""
