"""Evidence, follow-through and diagnosis become marks; one result model for every report."""
