"""What a segmenter learns from: slices of studies with masks of lungs and lesions in, batches with their truth out."""
