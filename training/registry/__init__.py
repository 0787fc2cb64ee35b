"""The registry: releases that are written once, and stages that point to them."""
