"""What really happened, counted in Linkerd's and the application's words, kept for an hour and queried in PromQL."""
