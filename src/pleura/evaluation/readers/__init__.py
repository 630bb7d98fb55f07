"""Readers beside a model: answers in; points, their mean, their vote and the comparison with the model out."""
