"""Which limit holds now: events, programs and their defaults, the winner per mode, the ramped envelope."""
