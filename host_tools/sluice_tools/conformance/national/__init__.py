"""The server behind the harness: what BSGIP's envoy is to its clients."""
