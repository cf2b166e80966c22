"""Bytes to resources and back: XML, HTTP framing, readers and writers of IEEE 2030.5. No sockets, no clock."""
