"""Tools of the desk: simulators, PKI, the demo. The simulators never import the gateway."""
