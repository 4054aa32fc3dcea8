"""How right forecasts are, and what they cost, model beside model."""
