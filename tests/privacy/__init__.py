"""The privacy proof: what can be read of people from all that a kiosk keeps, says and shows. SECURITY.md sums it up."""
