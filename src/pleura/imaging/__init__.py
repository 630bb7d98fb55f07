"""DICOM and NIfTI in, a Volume out; series choice, lungs, slice subsets. Knows no torch."""
