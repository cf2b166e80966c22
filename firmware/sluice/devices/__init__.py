"""Inverters and meters: what their registers mean in watts, and what watts mean in their registers."""
