"""One file per exchange's wire format."""
