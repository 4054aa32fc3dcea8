"""CPU per delivered WebSocket message: the edge's fan-out and its peers, in one run."""
