"""The contracts as a public test suite: what every bijection, network, flow, score and source has to keep to."""
