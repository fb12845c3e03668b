"""Measurements: `jentry bench …`. Figures are printed beside floors measured in the same run."""
