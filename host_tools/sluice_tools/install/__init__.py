"""`sluice install`: the gateway as a service of this machine."""
