"""A day of a house under its envelope, played by three processes in lock-step, shown live, drawn and judged."""
