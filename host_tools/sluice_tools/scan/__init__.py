"""`sluice scan`: what hangs on a serial line or behind a TCP address, for the gateway's configuration."""
