"""The other side of the wall: a house with sun, load, an inverter and a meter, as a function of (seconds, now).

It is made on independent libraries (pysunspec2 for the registers, umodbus for the frames) and never asks the
gateway what it did: the judge sees what flows at the connection point, and nothing else.
"""
