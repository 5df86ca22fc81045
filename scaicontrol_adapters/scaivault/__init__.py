"""ScaiVault, or any other server that speaks version 2 of the KV contract (OpenBao, Vault)."""
