"""Our own criteria: what flowed and what was said, against what had been told."""
