"""`sluice commission`: the gateway's own commissioning test, shown, killed in its middle, and reported."""
