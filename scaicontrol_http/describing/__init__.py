"""What the API's description says beyond paths and types: answers, headers, permissions, bounds and examples."""
