"""Findings of pneumonia and their look-alikes: fields over the lungs and small painted objects, with their kinds."""
