"""A federation of real hospitals on disk: the coordinator's folder, the hospitals' folders, and what they send."""
