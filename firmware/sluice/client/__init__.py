"""The conversation with the utility server: discovery, polling, responses, DER resources, mirror metering."""
