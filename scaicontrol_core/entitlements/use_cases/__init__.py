"""What can be asked about entitlements, one module each."""
