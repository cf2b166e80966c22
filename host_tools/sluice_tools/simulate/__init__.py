"""`sluice simulate` and `sluice explain`: what the real gateway would do under a scenario, in virtual time."""
