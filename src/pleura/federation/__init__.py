"""An update leaves a hospital here: trained at home, encrypted, added up, opened by the hospitals together."""
