"""What plugins stand on."""
