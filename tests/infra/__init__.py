"""Tests of infra/template.yaml and of the pages about it."""
