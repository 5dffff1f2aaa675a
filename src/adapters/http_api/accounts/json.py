"""What accounts look like in JSON, as `responses` says it of the rest."""
