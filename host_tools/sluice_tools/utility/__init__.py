"""A strict utility server as a function of (request, now), and its thin face of TLS and HTTP.

It is the other party: made on independent libraries (envoy-schema, lxml, h11, ssl) so that a mistake of the
gateway's is not made twice. It forgives nothing that a real utility refuses, and says why it refuses.
"""
