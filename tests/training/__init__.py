"""Models made and proved: what `training` promises."""
