"""DataGate: stops a run whose data must not be trained on."""
