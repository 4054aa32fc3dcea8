"""Dead letters read, chosen and sent back; the agents write them."""
