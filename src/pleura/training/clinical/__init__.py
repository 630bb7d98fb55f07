"""A clinical table and truths in; support vector machines, their cross-validation, and a fusion with the CT, out."""
