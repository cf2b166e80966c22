"""Sluice: the gateway. Core: sep2, doe, metering, modbus, devices, site. Shell: client, app. Below: port."""
