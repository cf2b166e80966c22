"""`sluice provision`: from a blank gateway on a cable to a commissioned site, and its papers."""
