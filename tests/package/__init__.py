"""What is deployed, built and run as Lambda runs it."""
