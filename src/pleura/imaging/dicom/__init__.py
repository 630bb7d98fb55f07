"""DICOM files in, sorted and judged series and their HU stacks out; nothing here trusts a byte."""
