"""Pictures in, predictions out: what `inference` promises."""
