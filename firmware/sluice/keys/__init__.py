"""The device's own key: made here, from the device's random source, and never sent; what is sent is the request."""
