"""The national procedures, and the engine that plays them."""
