"""What the gateway and its tools must agree on. Imports nothing but itself; runs on both Pythons."""
