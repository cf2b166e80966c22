"""The site: from limits and readings to what each inverter may do."""
