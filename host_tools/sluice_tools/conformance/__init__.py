"""`sluice conformance`: the national CSIP-AUS test procedures, played against the real gateway."""
