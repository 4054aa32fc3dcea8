"""What is to come: forecasts of scores and issues, made for all assets by a batch job."""
